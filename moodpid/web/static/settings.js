// All that can be set, from the table of the service.

import { button, card, h, setText } from "./dom.js";
import { request } from "./net.js";
import { press } from "./now.js";
import { T, field as fieldText, mood as moodName } from "./texts.js";

const SETTLE_MS = 1000;

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
		const sender = new Sender(app, field.key, control);
		control.input.onchange = () => sender.send();
		controls.push([field.key, sender]);
		const note = text && h("p", { class: "note", id: `about-${id}` }, text);
		rows.push(h("div", { class: "setting" }, h("div", { class: "setting-text" }, h("label", { for: id }, title), note), control.element ?? control.input));
	}
	return {
		update(state, changed) {
			if (changed.has("settings")) for (const [key, sender] of controls) sender.show(state.settings[key]);
		},
		element: h("div", { class: "grid settings" }, card("", null, rows), card("buttons", null, buttons)),
	};
}

/** Sends what a control is set to, one request at a time, and leaves the control alone until the last is answered. */
class Sender {
	#sending = false;
	#changed = false; // since the request that is on its way
	#held = false;
	#timer = 0;

	constructor(app, key, control) {
		Object.assign(this, { app, key, control });
	}

	async send() {
		clearTimeout(this.#timer);
		this.#changed = this.#held = true;
		if (this.#sending) return;
		this.#sending = true;
		let sent;
		while (this.#changed) {
			this.#changed = false;
			sent = await this.app.attempt(() => request(this.key, this.control.value()));
		}
		this.#sending = false;
		// The new value comes with the next look
		this.#timer = setTimeout(() => this.#release(), sent ? SETTLE_MS : 0);
	}

	show(value) {
		if (!this.#held) this.control.show(value);
	}

	#release() {
		this.#held = false;
		this.show(this.app.state.settings[this.key]);
	}
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
