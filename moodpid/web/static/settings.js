// All that can be set, from the table of the service.

import { button, card, h, setText } from "./dom.js";
import { request } from "./net.js";
import { press } from "./now.js";
import { T, field as fieldText, mood as moodName } from "./texts.js";

export function settings(app) {
	const rows = [];
	const buttons = [];
	const shows = [];
	for (const field of app.about.fields) {
		const [title, text] = fieldText(field.key);
		if (field.kind === "button") {
			buttons.push(button(field.key, title, () => push(app, field.key)));
			continue;
		}
		const id = `set-${field.key}`;
		const control = CONTROLS[field.kind](field, { id, "aria-describedby": text && `about-${id}` });
		shows.push(keep(app, field.key, control));
		const note = text && h("p.note", { id: `about-${id}` }, text);
		rows.push(h("div.setting", h("div.setting-text", h("label", { for: id }, title), note), control.element ?? control.input));
	}
	return {
		update(_, changed) {
			if (changed.has("settings")) for (const show of shows) show();
		},
		element: h("div.grid.settings", card("", null, rows), card("buttons", null, buttons)),
	};
}

/** Send what a control is set to; return what shows it once no request is on its way. */
function keep(app, key, control) {
	let busy, changed, timer;
	const show = () => busy || timer || control.show(app.state.settings[key]);
	control.input.onchange = async () => {
		clearTimeout(timer);
		changed = true;
		if (busy) return;
		busy = true;
		let sent;
		while (changed) {
			changed = false;
			sent = await app.attempt(() => request(key, control.value()));
		}
		busy = false;
		// The next look has the new value
		timer = setTimeout(() => {
			timer = 0;
			show();
		}, sent ? 1000 : 0);
	};
	return show;
}

function push(app, key) {
	if (!T.confirm[key] || confirm(T.confirm[key])) press(app, key);
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
		const showValue = (value) => {
			setText(output, `${value} ${unit}`);
			input.setAttribute("aria-valuetext", output.textContent);
		};
		input.oninput = () => showValue(input.value);
		return {
			input,
			element: h("div.range", input, output),
			value: () => input.value,
			show(value) {
				if (input.matches(":active")) return; // it is being moved
				input.value = value;
				showValue(value);
			},
		};
	},
};
