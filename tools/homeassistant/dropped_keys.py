"""Prints every key of a discovery payload that Home Assistant's schemas drop; run by its own Python.

usage: dropped_keys.py < payload.json
"""

import asyncio
import importlib
import json
import sys
from typing import Any


async def dropped(payload: dict[str, Any]) -> list[str]:
    """Keys that are not there any more after validation, as `component.key`."""
    core = importlib.import_module("homeassistant.core")
    core.HomeAssistant("/")  # templates are only validated where there is one
    found = []
    for name, component in payload["components"].items():
        platform = component["platform"]
        if platform == "device_automation":
            # Triggers belong to the device and are validated with it
            module = importlib.import_module("homeassistant.components.mqtt.device_trigger")
            schema = module.TRIGGER_DISCOVERY_SCHEMA
            reported = {**component, "device": payload["device"]}
            reported.pop("platform")
        else:
            schema = importlib.import_module(f"homeassistant.components.mqtt.{platform}").DISCOVERY_SCHEMA
            reported = {**component, "device": payload["device"], "origin": payload["origin"]}
            reported.pop("platform")
        kept = schema(dict(reported))
        found += [f"{name}.{key}" for key in reported if key not in kept]
        if "device" in kept:
            found += [f"device.{key}" for key in payload["device"] if key not in kept["device"]]
    return sorted(set(found))


if __name__ == "__main__":
    print(json.dumps(asyncio.run(dropped(json.load(sys.stdin)))))
