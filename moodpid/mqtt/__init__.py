"""The MQTT room: the present state becomes topics and payloads, messages become requests."""
