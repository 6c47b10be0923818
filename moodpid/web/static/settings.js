// All that can be set, from the table of the service.

import { button, card, h, setText } from "./dom.js";
import { request } from "./net.js";
import { press } from "./now.js";
import { T, field as fieldText, mood as moodName } from "./texts.js";

export function settings(app) {
	const rows = [];
	const buttons = [];
	const controls = [];
	for (const field of app.about.fields) {
		const [title, text] = fieldText(field.key);
		if (field.kind === "button") {
			buttons.push(button(field.key, title, () => push(app, field.key)));
			continue;
		}
		const id = `set-${field.key}`;
		const control = CONTROLS[field.kind](field, { id, "aria-describedby": text && `about-${id}` });
		control.input.onchange = async () => {
			const sent = await app.attempt(() => request(field.key, control.value()));
			if (!sent) control.show(app.state.settings[field.key]);
		};
		controls.push([field.key, control]);
		const note = text && h("p", { class: "note", id: `about-${id}` }, text);
		rows.push(h("div", { class: "setting" }, h("div", { class: "setting-text" }, h("label", { for: id }, title), note), control.element ?? control.input));
	}
	return {
		update(state, changed) {
			if (changed.has("settings")) for (const [key, control] of controls) control.show(state.settings[key]);
		},
		element: h("div", { class: "grid settings" }, card("", null, rows), card("buttons", null, buttons)),
	};
}

function push(app, key) {
	if (key !== "restart" || window.confirm(T.confirmRestart)) press(app, key);
}

const CONTROLS = {
	switch(_, properties) {
		const input = h("input", { type: "checkbox", role: "switch", ...properties });
		return { input, value: () => (input.checked ? "ON" : "OFF"), show: (value) => (input.checked = value === "ON") };
	},

	select({ options }, properties) {
		const input = h("select", properties, options.map((value) => h("option", { value }, moodName(value))));
		return { input, value: () => input.value, show: (value) => (input.value = value) };
	},

	number({ minimum, maximum, step, unit }, properties) {
		const input = h("input", { type: "range", min: minimum, max: maximum, step, ...properties });
		const output = h("output", { for: properties.id });
		const showValue = () => {
			setText(output, `${input.value} ${unit}`);
			input.setAttribute("aria-valuetext", output.textContent);
		};
		input.oninput = showValue;
		return {
			input,
			element: h("div", { class: "range" }, input, output),
			value: () => input.value,
			show(value) {
				if (input.matches(":active")) return; // it is being moved
				input.value = value;
				showValue();
			},
		};
	},
};
