// What every view is made of. Text is always set as text, never as markup: what agencies and systems say is shown, not run.
import { texts } from "./texts.js";

export const base = location.pathname.replace(/\/$/, "");
export const state = { language: (navigator.language || "ja").startsWith("ja") ? "ja" : "en", session: null };

const secretKey = "infolink-desk";

/** The secret of the session stays in this tab. Without one, a proxy may say who comes. */
export function secret(value) {
    if (value !== undefined) {
        value === null ? sessionStorage.removeItem(secretKey) : sessionStorage.setItem(secretKey, value);
    }
    return sessionStorage.getItem(secretKey);
}

export function t(key) {
    return texts[state.language][key] ?? key;
}

/** A name in both languages, where there is one; else what it is called by. */
export function named(both, otherwise) {
    return both ? both[state.language] : otherwise;
}

export function time(text) {
    return text ? new Intl.DateTimeFormat(state.language === "ja" ? "ja-JP" : "en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Tokyo" }).format(new Date(text)) : "";
}

/** Calls the agent; what it refuses is thrown as an error with what it says. */
export async function call(method, path, body) {
    const headers = secret() ? { Authorization: `Desk ${secret()}` } : {};
    if (body !== undefined) {
        headers["Content-Type"] = "application/json";
    }
    let reply;
    try {
        reply = await fetch(`${base}/${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store", signal: AbortSignal.timeout(60000) });
    } catch {
        throw new Error(t("noAgent"));
    }
    if (reply.status === 204) {
        return null;
    }
    const told = await reply.json().catch(() => null);
    if (reply.ok) {
        return told;
    }
    if (reply.status === 401) {
        secret(null);
        throw Object.assign(new Error(t("noSession")), { ended: true });
    }
    const refusal = told?.refusal ? `${told.refusal}: ${state.language === "ja" ? `${told.causeJa} ${told.wayOutJa}` : `${told.cause} ${told.wayOut}`}` : null;
    throw new Error((state.language === "ja" && told?.errorJa) || told?.error || refusal || `${reply.status}`);
}

/** What is decided is decided by whoever's session it is. */
export function decide(path, wish) {
    return call("POST", path, { operator: state.session.operator, ...wish });
}

/** An element: element("p", { class: "bad" }, "text", child, …). */
export function element(name, properties, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(properties ?? {})) {
        if (key.startsWith("on")) {
            made.addEventListener(key.slice(2), value);
        } else if (value !== undefined && value !== null && value !== false) {
            made.setAttribute(key, value === true ? "" : value);
        }
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
}

/** A table; the first cell of a row opens it. */
export function table(caption, headings, rows) {
    if (rows.length === 0) {
        return element("p", null, t("nothing"));
    }
    return element("div", { class: "scroll" }, element("table", null,
        element("caption", null, caption),
        element("thead", null, element("tr", null, ...headings.map((heading) => element("th", { scope: "col" }, heading)))),
        element("tbody", null, ...rows.map((cells) => element("tr", null, ...cells.map((cell, index) => element(index === 0 ? "th" : "td", index === 0 ? { scope: "row" } : null, cell ?? "")))))));
}

export function facts(pairs) {
    return element("dl", null, ...pairs.filter(([, value]) => value !== undefined && value !== null && value !== "").flatMap(([name, value]) => [element("dt", null, name), element("dd", null, value)]));
}

/** A field with its label; the field itself is .field. */
export function field(label, name, properties, ...children) {
    const made = element(properties?.as ?? "input", { name, id: `f-${name}`, ...properties, as: null }, ...children);
    return element("label", { for: made.id }, `${label} `, element("br"), made);
}

export const reason = () => field(t("reason"), "reason", { required: true, maxlength: 500, autocomplete: "off" });

/** Opens the dialog; it closes by Esc, by its button, or when the work is done, and the focus goes back to where it was. */
export function open(title, ...content) {
    const dialog = document.getElementById("dialog");
    dialog.replaceChildren(element("h2", { id: "dialog-title" }, title), element("p", { id: "dialog-wrong", class: "bad", role: "alert" }), ...content.filter((part) => part), element("p", null, element("button", { type: "button", onclick: close }, t("close"))));
    dialog.showModal();
}

export function close() {
    document.getElementById("dialog").close();
}

export function say(text) {
    document.getElementById("said").textContent = text;
    document.getElementById("wrong").textContent = "";
}

/** What went wrong is said where the operator looks. */
export function complain(fault) {
    const dialog = document.getElementById("dialog");
    const place = dialog.open && !fault.ended ? document.getElementById("dialog-wrong") : document.getElementById("wrong");
    if (fault.ended) {
        dialog.close();
        document.dispatchEvent(new Event("session-ended"));
    }
    document.getElementById("said").textContent = "";
    place.textContent = fault.message;
}

/** Something that the operator started: its button waits, and what goes wrong is said. */
export async function work(button, act) {
    button.disabled = true;
    try {
        await act();
    } catch (fault) {
        complain(fault);
    } finally {
        button.disabled = false;
    }
}

/** A form that decides: a reason, and one button for each thing that may be done. */
export function form(fields, buttons) {
    const made = element("form", { onsubmit: (event) => event.preventDefault() }, ...fields, element("div", { class: "row" }, ...buttons.map(([label, act, main]) =>
        element("button", { type: "submit", class: main ? "main" : null, onclick: (event) => {
            if (made.reportValidity()) {
                work(event.currentTarget, () => act(Object.fromEntries(new FormData(made))));
            }
        } }, label))));
    return made;
}
