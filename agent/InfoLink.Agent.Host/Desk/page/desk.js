// The frame: who is there, which language, which tab.
import { call, complain, element, named, say, secret, state, t } from "./parts.js";
import { views } from "./views.js";

let tab = "queue";

document.getElementById("language").addEventListener("click", () => {
    state.language = state.language === "ja" ? "en" : "ja";
    draw();
});
document.getElementById("end").addEventListener("click", async () => {
    await call("DELETE", "session").catch(() => {});
    secret(null);
    state.session = null;
    draw();
    complain(new Error(t("noSession")));
});
document.addEventListener("session-ended", () => {
    state.session = null;
    draw();
});

await begin();

/** A ticket in the address becomes a session, and leaves the address; else the session of this tab goes on, or a proxy says who comes. */
async function begin() {
    const ticket = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    try {
        if (/^[A-Za-z0-9_-]{43}$/.test(ticket)) {
            secret(null);
            state.session = await call("POST", "session", { ticket });
            secret(state.session.secret);
            delete state.session.secret;
        } else {
            state.session = await call("GET", "session");
        }
        draw();
    } catch (fault) {
        draw();
        complain(fault);
    }
}

function draw() {
    const other = state.language === "ja" ? ["English", "en"] : ["日本語", "ja"];
    const language = document.getElementById("language");
    [language.textContent, language.lang] = other;
    document.documentElement.lang = state.language;
    document.title = t("title");
    for (const place of document.querySelectorAll("[data-text]")) {
        place.textContent = t(place.dataset.text);
    }
    for (const place of document.querySelectorAll("[data-label]")) {
        place.setAttribute("aria-label", t(place.dataset.label));
    }
    say("");
    const session = state.session;
    document.getElementById("end").hidden = !session || !secret();
    document.getElementById("who").textContent = session ? `${named(session.name, session.agency)} (${session.agency}): ${session.operator} ${t("opened")}` : "";
    drawTabs(session ? views() : []);
}

/** As tabs are used by keyboard: one of them is reached by Tab, the arrows go between them, Home and End to the first and last. */
function drawTabs(all) {
    const tabs = document.getElementById("tabs");
    const panel = document.getElementById("panel");
    panel.replaceChildren();
    tabs.replaceChildren(...all.map(([name], index) => element("button", {
        type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "panel", "aria-selected": `${name === tab}`, tabindex: name === tab ? "0" : "-1",
        onclick: () => choose(name),
        onkeydown: (event) => {
            const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
            if (to !== undefined) {
                event.preventDefault();
                choose(all.at(to % all.length)[0]);
            }
        },
    }, t(name))));
    const shown = all.find(([name]) => name === tab);
    if (shown) {
        panel.setAttribute("aria-labelledby", `tab-${tab}`);
        shown[1](panel).catch(complain);
    }
}

function choose(name) {
    tab = name;
    draw();
    document.getElementById(`tab-${name}`).focus();
}
