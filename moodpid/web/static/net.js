// Requests to the service, and the feed of its state.

export class Refused extends Error {
	constructor(status, message) {
		super(message);
		this.status = status;
	}
}

async function ask(method, path, body) {
	const limit = new AbortController();
	const timer = setTimeout(() => limit.abort(), 35_000); // the service has 30 s
	const response = await fetch(`api/${path}`, { method, body, headers: { "X-Moodpid": "1" }, signal: limit.signal });
	clearTimeout(timer); // long answers may come slowly
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) throw new Refused(response.status, answer.error ?? response.statusText);
	return answer;
}

export const get = (path) => ask("GET", path);
export const post = (path, content) => ask("POST", path, content instanceof Blob ? content : JSON.stringify(content));
export const remove = (path) => ask("DELETE", path);
export const request = (key, value) => post("request", { key, value: String(value) });

/** The state's parts as they change: one connection at most, none while the page is hidden. */
export class Feed {
	#source = null;
	#level = 0;
	#offset = 0;
	#dead;

	constructor(onParts, onConnected) {
		this.onParts = onParts;
		this.onConnected = onConnected;
		document.addEventListener("visibilitychange", () => this.#reopen());
		addEventListener("online", () => this.#reopen());
	}

	/** Say how much of each frame is wanted: nothing (0), faces (1), hints for aiming (2). */
	watch(level) {
		if (this.#source && level === this.#level) return;
		this.#level = level;
		this.#reopen();
	}

	close() {
		clearTimeout(this.#dead);
		this.#source?.close();
		this.#source = null;
	}

	/** The wall clock's time of a moment of now(). */
	date(seconds) {
		return new Date(Date.now() - 1000 * (this.now() - seconds));
	}

	now() {
		return performance.now() / 1000 + this.#offset;
	}

	/** Connect again where the service is silent: it speaks every 15 s, and at once on a new connection. */
	#expect(isNew) {
		clearTimeout(this.#dead);
		this.#dead = setTimeout(() => {
			isNew ? this.#expect() : this.#reopen();
			this.onConnected(false);
		}, isNew ? 3000 : 40_000);
	}

	#reopen() {
		this.close();
		if (document.hidden) return;
		this.#expect(true);
		const source = (this.#source = new EventSource(`api/events?view=${this.#level}`));
		source.addEventListener("now", (event) => {
			this.#offset += event.data - this.now();
			this.about ??= event.lastEventId;
			if (this.about !== event.lastEventId) location.reload();
			this.onConnected(true);
			this.#expect();
		});
		source.onmessage = (event) => this.onParts(JSON.parse(event.data));
		source.onerror = () => {
			this.onConnected(false);
			// The browser tries again by itself, unless the service refused
			if (source.readyState === EventSource.CLOSED && source === this.#source) setTimeout(() => this.#reopen(), 3000);
		};
	}
}
