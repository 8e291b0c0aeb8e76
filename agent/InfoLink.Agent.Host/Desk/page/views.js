// The tabs: each fills the panel anew.
import { call, close, complain, decide, element, facts, field, form, named, open, reason, say, state, t, table, time, work } from "./parts.js";
import { showQuestion } from "./question.js";

const kindDefault = "person"; // As the agent calls identifiers of which nobody says more.

/** The views that this operator has, in the order of the tabs. */
export function views() {
    return [
        ["queue", queue],
        ["releases", releases],
        ...(state.session.operates ? [["quarantine", quarantine], ["person", person], ["replicas", replicas]] : []),
        ["exchanges", exchanges],
    ];
}

/** A list that can be read anew, with or without what is decided. */
function listed(panel, path, rows, withAll) {
    const place = element("div");
    const all = element("input", { type: "checkbox", id: "all", onchange: () => refresh().catch(complain) });
    async function refresh() {
        place.replaceChildren(rows(await call("GET", withAll ? `${path}?all=${all.checked}` : path), refresh));
    }
    panel.append(element("div", { class: "row" },
        element("button", { type: "button", onclick: (event) => work(event.currentTarget, refresh) }, t("refresh")),
        ...(withAll ? [element("span", null, all, " ", element("label", { for: "all", class: "inline" }, t("all")))] : [])), place);
    return refresh();
}

function queue(panel) {
    return listed(panel, "v1/queue", (questions, refresh) => table(t("queue"),
        [t("number"), t("state"), t("requester"), t("task"), t("asked"), t("deadline")],
        questions.map((question) => [
            element("button", { type: "button", onclick: (event) => work(event.currentTarget, () => showQuestion(question.number, refresh)) }, `${question.number}`),
            t(question.state),
            question.requester,
            named(question.task, question.entry),
            time(question.asked),
            time(question.deadline),
        ])), true);
}

function releases(panel) {
    return listed(panel, "v1/releases", (tickets, refresh) => table(t("releases"),
        [t("number"), t("state"), t("operator"), t("task"), t("count"), t("deadline")],
        tickets.map((ticket) => [
            element("button", { type: "button", onclick: () => showTicket(ticket, refresh) }, `${ticket.ticket}`),
            t(ticket.state),
            ticket.question?.operator,
            named(ticket.task, ticket.entry),
            `${ticket.persons}`,
            time(ticket.deadline),
        ])), true);
}

function showTicket(ticket, refresh) {
    const asked = ticket.question;
    const to = (what) => async (values) => {
        await decide(`v1/releases/${ticket.ticket}/${what}`, { reason: values.reason });
        close();
        say(t("done"));
        await refresh();
    };
    open(`${t("releases")} ${ticket.ticket}`,
        facts([
            [t("state"), t(ticket.state)], [t("entry"), ticket.entry], [t("task"), named(ticket.task)], [t("operator"), asked?.operator], [t("use"), asked?.use], [t("caseReference"), asked?.caseReference],
            [t("provider"), asked?.provider], [t("kinds"), asked?.kinds.join(", ")], [t("conditions"), asked ? JSON.stringify(asked.conditions) : ""], [t("persons"), asked?.persons.join(", ")], [t("decidedBy"), ticket.decidedBy],
        ]),
        ...(ticket.state === "waiting" ? [form([reason()], [[t("release"), to("release"), true], [t("refuseRelease"), to("refuse")]])] : []));
}

function quarantine(panel) {
    return listed(panel, "v1/links/quarantine", (links, refresh) => table(t("quarantine"),
        [t("id"), t("kind"), t("cause")],
        links.map((link) => [
            element("button", { type: "button", onclick: (event) => work(event.currentTarget, () => showPerson(link.kind, link.id, refresh)) }, link.id),
            link.kind,
            link.why,
        ])), false);
}

function person(panel) {
    panel.append(form([
        field(t("id"), "id", { required: true, maxlength: 200, autocomplete: "off" }),
        field(t("kind"), "kind", { required: true, maxlength: 100, value: state.session.kind ?? kindDefault }),
    ], [[t("look"), (values) => showPerson(values.kind, values.id, async () => {}), true]]));
    return Promise.resolve();
}

async function showPerson(kind, id, refresh) {
    const standing = await call("POST", "v1/links/standing", { person: id, kind });
    const to = (act) => async (values) => {
        await decide("v1/links/marks", { reason: values.reason, id, kind, act });
        await refresh();
        close();
        await showPerson(kind, id, refresh);
        say(t("done"));
    };
    const flag = (is) => t(is ? "yes" : "no");
    open(`${t("person")}: ${id}`,
        facts([[t("standing"), t(standing.state)], [t("cause"), standing.why], [t("withheld"), flag(standing.withheld)], [t("manualOnly"), flag(standing.manualOnly)]]),
        form([reason()], [
            standing.state === "quarantined" ? [t("doRelease"), to("Release")] : [t("doQuarantine"), to("Quarantine")],
            standing.withheld ? [t("doDisclose"), to("Disclose")] : [t("doWithhold"), to("Withhold")],
            standing.manualOnly ? [t("doAutomatic"), to("Automatic")] : [t("doManual"), to("Manual")],
        ]),
        element("h3", null, t("history")),
        table(t("history"), [t("time"), t("what"), t("operator"), t("cause")], standing.history.map((change) => [time(change.time), change.what, change.operator, change.reason])));
}

function replicas(panel) {
    const words = { Good: "good", Late: "late", TooOld: "tooold", Nothing: "noDelivery" };
    return listed(panel, "v1/replica", (all, refresh) => table(t("replicas"),
        [t("source"), t("state"), t("age"), t("asOf"), t("rows"), t("kept")],
        all.map((replica) => [
            element("button", { type: "button", onclick: () => showReplica(replica, refresh) }, replica.source),
            element("span", { class: replica.state === "Good" ? null : "bad" }, t(words[replica.state])),
            replica.ageSeconds === undefined || replica.ageSeconds === null ? "" : `${(replica.ageSeconds / 3600).toFixed(1)} ${t("hours")}`,
            time(replica.inUse?.asOf),
            replica.inUse ? `${replica.inUse.rows}` : "",
            `${replica.kept}`,
        ])), false);
}

function showReplica(replica, refresh) {
    open(`${t("replicas")}: ${replica.source}`,
        facts([[t("asOf"), time(replica.inUse?.asOf)], [t("rows"), replica.inUse ? `${replica.inUse.rows}` : t("noDelivery")], [t("operator"), replica.inUse?.operator]]),
        ...(replica.inUse ? [form([reason()], [[t("recall"), async (values) => {
            await decide("v1/replica/recall", { reason: values.reason, source: replica.source });
            close();
            say(t("done"));
            await refresh();
        }]])] : []));
}

function exchanges(panel) {
    const place = element("div");
    panel.append(form([reason(), field(t("searchExchange"), "exchange", { maxlength: 26, autocomplete: "off", class: "mono" })], [[t("look"), async (values) => {
        const accesses = await decide("v1/exchanges", { reason: values.reason, exchange: values.exchange.trim().toUpperCase() });
        place.replaceChildren(table(t("exchanges"),
            [t("time"), t("event"), t("exchange"), t("entry"), t("requester"), t("provider"), t("operator"), t("terminal"), t("use"), t("count"), t("refusal")],
            accesses.map((access) => [
                time(access.time), access.event, element("span", { class: "mono" }, access.exchange ?? ""), access.entry, access.requester, access.provider, access.operator, access.terminal,
                [access.use, access.caseReference].filter((text) => text).join(", "), `${access.persons}`, access.refusal,
            ])));
        say(t("done"));
    }, true]]), place);
    return Promise.resolve();
}
