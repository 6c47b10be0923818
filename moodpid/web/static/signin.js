// The card that stands before the page where it is protected.

import { h, setText } from "./dom.js";
import { Refused, post } from "./net.js";
import { T } from "./texts.js";

export function signIn(session, problem) {
	const line = h("p.problem", { role: "alert" }, problem);
	const input = h("input", { type: "password", id: "password", autocomplete: "current-password", required: true });
	const button = h("button.primary", T.signIn);

	async function send(event) {
		event.preventDefault();
		button.disabled = true;
		try {
			await post("session", { password: input.value });
			location.reload();
		} catch (error) {
			setText(line, error instanceof Refused ? error.message : T.offline);
			button.disabled = false;
			input.select();
		}
	}

	const form = session.password
		? h("form", { onsubmit: send }, h("label", { for: "password" }, T.password), input, line, button)
		: h("div", h("p", T.linkOnly), line);
	return h("main.sign-in", h("div.card", h("h1", T.signIn), form));
}
