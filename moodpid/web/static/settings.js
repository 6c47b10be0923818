// All that can be set, from the table of the service.

import { h, icon, setText } from "./dom.js";
import { request } from "./net.js";
import { press } from "./now.js";
import { T, field as fieldText, option } from "./texts.js";

const CONTROLS = { switch: switchControl, select: selectControl, number: numberControl };

export function settings(app) {
	const fields = app.about.fields;
	const controls = new Map();
	const rows = fields
		.filter((field) => field.kind !== "button")
		.map((field) => {
			const control = CONTROLS[field.kind](app, field);
			controls.set(field.key, control);
			const [title, text] = fieldText(field.key);
			return h(
				"div",
				{ class: `setting ${field.kind}` },
				h("div", { class: "setting-text" }, h("label", { for: `set-${field.key}` }, title), text ? h("p", { class: "note", id: `about-${field.key}` }, text) : null),
				control.element,
			);
		});
	const buttons = fields.filter((field) => field.kind === "button").map((field) => h("button", { onclick: () => push(app, field.key) }, icon(field.key), h("span", {}, fieldText(field.key)[0])));

	function update(state, changed) {
		if (changed.has("settings")) for (const [key, control] of controls) control.show(state.settings[key]);
	}

	return {
		update,
		element: h("div", { class: "grid settings" }, h("section", { class: "card" }, rows), h("section", { class: "card" }, h("div", { class: "buttons" }, buttons))),
	};
}

function push(app, key) {
	if (key === "restart" && !window.confirm(T.confirmRestart)) return;
	press(app, key);
}

const describedBy = (key) => (fieldText(key)[1] ? `about-${key}` : null);

function send(app, key, value, control) {
	app.attempt(() => request(key, value)).then((sent) => sent || control.show(app.state.settings?.[key]));
}

function switchControl(app, { key }) {
	const input = h("input", { type: "checkbox", role: "switch", id: `set-${key}`, "aria-describedby": describedBy(key) });
	const control = { element: input, show: (value) => (input.checked = value === "ON") };
	input.onchange = () => send(app, key, input.checked ? "ON" : "OFF", control);
	return control;
}

function selectControl(app, { key, options }) {
	const input = h("select", { id: `set-${key}`, "aria-describedby": describedBy(key) }, options.map((value) => h("option", { value }, option(value))));
	const control = { element: input, show: (value) => (input.value = value) };
	input.onchange = () => send(app, key, input.value, control);
	return control;
}

function numberControl(app, { key, minimum, maximum, step, unit }) {
	const input = h("input", { type: "range", id: `set-${key}`, min: minimum, max: maximum, step, "aria-describedby": describedBy(key) });
	const output = h("output", { for: `set-${key}` });
	const showValue = () => {
		setText(output, `${input.value} ${unit}`);
		input.setAttribute("aria-valuetext", output.textContent);
	};
	const control = {
		element: h("div", { class: "range" }, input, output),
		show(value) {
			if (document.activeElement === input && input.matches(":active")) return; // it is being moved
			input.value = value;
			showValue();
		},
	};
	input.oninput = showValue;
	input.onchange = () => send(app, key, input.value, control);
	return control;
}
