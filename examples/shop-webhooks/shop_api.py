"""A stand-in for the API of a shop platform: it takes so many calls a second for each mall, and answers 429 beyond.

The rules are Cafe24's. Calls of a mall pour into a leaky bucket, whose level each answer tells (`X-Api-Call-Limit: 3/10`);
what does not fit is refused. Beside it there is a budget for ten minutes (`X-Cafe24-Call-Usage`, in percent); once that is
used up, everything is refused for as many seconds as `X-Cafe24-Call-Remain` says.

    python3 shop_api.py                          # http://127.0.0.1:8024/<mall>/api/v2/admin/products/<number>
    curl http://127.0.0.1:8024/_calls            # every call, as JSON; how many there were: /_count
"""

import argparse
import asyncio
import json
import math
import re
import time

WINDOW_SECONDS = 600
LINE_BYTES_MAX = 16 << 10
PATH = re.compile(r"/([a-z0-9]+)/api/v2/admin/([a-z]+)/([0-9-]+)")


class Mall:
    """What is counted of one mall's calls. Times are seconds of any one clock."""

    def __init__(self, capacity, leak, budget):
        self.capacity, self.leak, self.budget = capacity, leak, budget
        self.level, self.seen = 0.0, 0.0
        self.window, self.used = 0.0, 0
        self.under_way, self.answered = 0, 0

    def call(self, now):
        """Takes or refuses a call: a status, and the headers that every answer has."""
        self.level = max(0.0, self.level - (now - self.seen) * self.leak)
        self.seen = now
        if now >= self.window + WINDOW_SECONDS:
            self.window, self.used = now, 0
        has_budget, fits = self.used < self.budget, self.level + 1 <= self.capacity
        if has_budget and fits:
            self.level += 1
            self.used += 1
        headers = {
            "X-Api-Call-Limit": f"{math.ceil(self.level)}/{self.capacity}",
            "X-Cafe24-Call-Usage": f"{self.used / self.budget * 100:.2f}",
        }
        if self.used >= self.budget:
            headers["X-Cafe24-Call-Remain"] = str(math.ceil(self.window + WINDOW_SECONDS - now))
        return (200 if has_budget and fits else 429), headers


class Shop:
    """All malls, and every call that there was."""

    def __init__(self, capacity, leak, budget, latency):
        self.limits, self.latency = (capacity, leak, budget), latency
        self.malls, self.calls = {}, []

    async def answer(self, method, target, headers):
        """A status, headers and a body, as long after the call as the shop takes to look something up."""
        if method == "GET" and target in ("/_calls", "/_count"):
            return 200, {}, self.calls if target == "/_calls" else len(self.calls)
        found = PATH.fullmatch(target)
        if method != "GET" or not found:
            return 404, {}, {"error": {"code": 404, "message": "No such resource."}}
        name, kind, number = found.groups()
        mall = self.malls.setdefault(name, Mall(*self.limits))
        status, told = mall.call(time.monotonic())
        call = {"mall": name, "item": f"{kind}/{number}", "request": headers.get("x-request-id"), "status": status}
        self.calls.append(call | {"at": time.time(), "under_way": mall.under_way + 1, "limit": told["X-Api-Call-Limit"]})
        if status == 429:
            return status, told, {"error": {"code": 429, "message": "Too Many Requests"}}
        mall.under_way += 1
        await asyncio.sleep(self.latency)
        mall.under_way -= 1
        mall.answered += 1
        return status, told, {kind.removesuffix("s"): {"mall_id": name, "number": number, "answer": mall.answered}}

    async def serve(self, reader, writer):
        """One connection, request after request. Requests have no bodies here."""
        try:
            while line := await reader.readline():
                method, target, _version = line.decode("latin-1").split()
                headers = {}
                while (line := await reader.readline()).strip():
                    name, value = line.decode("latin-1").split(":", 1)
                    headers[name.strip().lower()] = value.strip()
                status, told, body = await self.answer(method, target, headers)
                writer.write(render(status, told, json.dumps(body).encode()))
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # The caller is gone, or is none that speaks HTTP.
        finally:
            writer.close()


def render(status, headers, body):
    reason = {200: "OK", 404: "Not Found", 429: "Too Many Requests"}[status]
    headers = {"Content-Type": "application/json", **headers, "Content-Length": len(body)}
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def main(arguments):
    shop = Shop(arguments.capacity, arguments.rate, arguments.budget, arguments.latency)
    server = await asyncio.start_server(shop.serve, "127.0.0.1", arguments.port, limit=LINE_BYTES_MAX, backlog=1024)
    print(f"Shop on http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8024)
    parser.add_argument("--capacity", type=int, default=10, help="calls that a mall's bucket holds")
    parser.add_argument("--rate", type=float, default=5, help="calls that leak out of it in a second")
    parser.add_argument("--budget", type=int, default=3000, help="calls of a mall in ten minutes")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds that an answer takes")
    try:
        asyncio.run(main(parser.parse_args()))
    except KeyboardInterrupt:
        pass
