// Elements from plain values. Texts become text nodes, never markup.

const SVG = "http://www.w3.org/2000/svg";

function make(what, parts, create) {
	const [tag, ...classes] = what.split(".");
	const element = create(tag);
	if (classes.length) element.setAttribute("class", classes.join(" "));
	const properties = parts[0]?.constructor === Object ? parts.shift() : {};
	for (const [name, value] of Object.entries(properties)) {
		if ((value ?? false) === false) continue;
		if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
		else element.setAttribute(name, value === true ? "" : value);
	}
	element.append(...parts.flat(Infinity).filter(Boolean));
	return element;
}

/** An element with classes, properties and children, as far as it has them: h("p.note", { id: "a" }, "text"). */
export const h = (what, ...parts) => make(what, parts, (tag) => document.createElement(tag));
export const s = (what, ...parts) => make(what, parts, (tag) => document.createElementNS(SVG, tag));

export const card = (name, title, ...children) => h("section", { class: `card ${name}` }, title && h("h2", title), children);
export const button = (name, text, onclick, more) => h("button", { type: "button", onclick, ...more }, icon(name), h("span", text));

/** Change the text only if it differs: nothing is announced again. */
export function setText(element, text) {
	if (element.textContent !== text) element.textContent = text;
}

export const percent = (share) => `${Math.round(100 * share)} %`;
export const clock = (date) => date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });

const PATHS = {
	now: "M3 12h3l3-7 5 15 3-8h4",
	aim: "M4 8V6a2 2 0 0 1 2-2h2M16 4h2a2 2 0 0 1 2 2v2M20 16v2a2 2 0 0 1-2 2h-2M8 20H6a2 2 0 0 1-2-2v-2M9.5 12a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0",
	today: "M4 17h3v3H4zM9.5 10h3v10h-3zM15 13h3v7h-3zM4 5h16",
	music: "M9 18V6l11-2v12M9 18a3 3 0 1 1-6 0a3 3 0 1 1 6 0M20 16a3 3 0 1 1-6 0a3 3 0 1 1 6 0",
	settings: "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
	try: "M4 8h3l2-3h6l2 3h3v11H4zM9 13a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
	skip: "M5 5l9 7-9 7zM19 5v14",
	like: "M12 20C5 15 3 12 3 8.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 9 1.5C21 12 19 15 12 20z",
	misfit: "M5 12a7 7 0 1 0 14 0a7 7 0 1 0-14 0M7.2 7.2l9.6 9.6",
	take_over: "M8 11V5.5a1.5 1.5 0 0 1 3 0V10M11 10V4.5a1.5 1.5 0 0 1 3 0V10M14 10V6a1.5 1.5 0 0 1 3 0v8c0 4-2 6-5.5 6S6.5 18 5 14.5c-.6-1.5.9-2.5 2-1.3l1 1.3",
	forget_room: "M4 11l8-7 8 7M6 10v9h12v-9M10 12.5l4 4M14 12.5l-4 4",
	restart: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
	turn_right: "M18 12a6.5 6.5 0 1 1-2-4.6M18 4v4h-4",
	turn_left: "M6 12a6.5 6.5 0 1 0 2-4.6M6 4v4h4",
	mirror: "M12 3v18M8 7l-5 10h5zM16 7l5 10h-5z",
	good: "M5 12.5l4.5 4.5L19 7.5",
	hint: "M12 8v5M12 16.5v.1M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18",
	press: "M12 5v14M5 12h14",
};

/** An icon beside a text that says the same; screen readers skip it. */
export function icon(name) {
	return s("svg.icon", { viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: PATHS[name] ?? PATHS.press }));
}
