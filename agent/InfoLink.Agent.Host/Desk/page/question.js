// One question of another agency, and what its people decide.
import { call, close, decide, element, facts, field, form, named, open, reason, say, state, t, time } from "./parts.js";

export async function showQuestion(number, refresh) {
    const question = await call("GET", `v1/queue/${number}`); // As it is now: somebody else may have decided.
    const about = question.about;
    const isOpen = question.state === "waiting" || question.state === "proposed";
    const known = about?.persons.length > 0;
    const to = (what, more) => async (values) => {
        await decide(`v1/queue/${question.number}/${what}`, { reason: values.reason, ...more?.(values) });
        close();
        say(t("done"));
        await refresh();
    };
    const labels = isOpen && known ? await call("GET", `v1/labels?entry=${encodeURIComponent(question.entry)}`) : [];
    const kinds = labels.filter((kind) => about.kinds.some((asked) => asked.kind === kind.kind));
    const denials = known ? state.session.denials : ["not-available"];
    open(`${t("queue")} ${question.number}`,
        facts([
            [t("state"), t(question.state)], [t("requester"), question.requester], [t("entry"), question.entry], [t("task"), named(question.task)], [t("purpose"), named(question.purpose)],
            [t("exchange"), element("span", { class: "mono" }, question.exchange)], [t("asked"), time(question.asked)], [t("deadline"), time(question.deadline)],
            [t("kinds"), about?.kinds.map((kind) => named(kind.name, kind.kind)).join(", ")], [t("conditions"), about ? JSON.stringify(about.conditions) : ""],
            [t("cause"), about ? t(about.cause === "entry" ? "entry-cause" : about.cause) : ""], [t("persons"), about?.persons.map((person) => person.person).join(", ")],
            [t("decision"), question.decision ? `${t(question.decision.what)} (${question.decision.reason})` : ""], [t("decidedBy"), question.decision?.operator], [t("confirmedBy"), question.decision?.confirmedBy],
        ]),
        about && isOpen && !known ? element("p", { class: "bad" }, t("nobody")) : null,
        question.needsTwo && isOpen ? element("p", null, t("needsTwo")) : null,
        isOpen && about ? form(
            [
                reason(),
                field(t("why"), "why", { as: "select" }, ...denials.map((why) => element("option", { value: why }, t(why)))),
                known ? byHand(kinds) : null,
            ],
            [
                ...(question.state === "proposed" ? [[t("confirm"), to("confirm"), true]] : []),
                ...(known ? [[t("approve"), to("approve"), question.state !== "proposed"], [t("answer"), to("answer", (values) => entered(kinds, values))]] : []),
                [t("refuse"), to("refuse", (values) => ({ why: values.why }))],
            ]) : null);
}

/** Every item of every kind: a value, or a reason why there is none. */
function byHand(kinds) {
    const none = () => element("option", { value: "" }, t("fromInput"));
    const reasons = (ids) => ids.map((id) => element("option", { value: id }, named(state.session.absences[id], id)));
    return element("details", null, element("summary", null, t("byHand")),
        element("label", { for: "f-fromSource" }, element("input", { type: "checkbox", name: "fromSource", id: "f-fromSource", checked: true }), ` ${t("fromSource")}`),
        ...kinds.map((kind) => element("fieldset", null, element("legend", null, named(kind.name, kind.kind)),
            field(t("wholeKind"), `absent:${kind.kind}`, { as: "select" }, none(), ...reasons(Object.keys(state.session.absences))),
            ...kind.items.map((item) => element("div", { class: "row" },
                item.codes
                    ? field(named(item.name, item.item), `value:${kind.kind}/${item.item}`, { as: "select" }, none(), ...Object.entries(item.codes).map(([code, meaning]) => element("option", { value: code }, `${code} ${named(meaning)}`)))
                    : field(named(item.name, item.item), `value:${kind.kind}/${item.item}`, { autocomplete: "off" }),
                item.absent.length > 0 ? element("select", { name: `absent:${kind.kind}/${item.item}`, "aria-label": `${named(item.name, item.item)}: ${t("cause")}` }, none(), ...reasons(item.absent)) : null)))));
}

/** What was entered, as the agent takes it. */
function entered(kinds, values) {
    const wish = { fromSource: values.fromSource === "on", values: {}, absent: {} };
    for (const kind of kinds) {
        for (const place of [kind.kind, ...kind.items.map((item) => `${kind.kind}/${item.item}`)]) {
            if (values[`absent:${place}`]) {
                wish.absent[place] = values[`absent:${place}`];
            }
        }
        const given = kind.items.filter((item) => values[`value:${kind.kind}/${item.item}`] && !wish.absent[`${kind.kind}/${item.item}`]);
        if (given.length > 0) {
            wish.values[kind.kind] = Object.fromEntries(given.map((item) => [item.item, values[`value:${kind.kind}/${item.item}`]]));
        }
    }
    return wish;
}
