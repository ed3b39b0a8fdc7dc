"""What the functions promise. Run with `python3 -m unittest` in this folder; the shop's stand-in is the one beside it."""

import asyncio
import os
import sys
import threading
import unittest
import urllib.error
from pathlib import Path
from unittest import mock

sys.path.append(str(Path(__file__).resolve().parent.parent))

import fetch
import naive_fetch
from shop_api import Shop

CHANGE = {"message_id": "m1", "mall_id": "mall1", "path": "products/7"}


class FunctionsTest(unittest.TestCase):
    def setUp(self):
        self.shop = Shop(capacity=2, leak=20, budget=3000, latency=0)
        ready, self.loop, self.over = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

        async def serve():
            serving = await asyncio.start_server(self.shop.serve, "127.0.0.1", 0)
            self.port = serving.sockets[0].getsockname()[1]
            ready.set()
            async with serving:
                await self.over.wait()

        def run():
            with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
                runner.run(serve())

        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.loop.call_soon_threadsafe, self.over.set)
        ready.wait()
        address = f"http://127.0.0.1:{self.port}/{{mall_id}}"
        self.enterContext(mock.patch.dict(os.environ, {"SHOP_API": address}))

    def test_an_answer_tells_how_full_the_bucket_is(self):
        answer = fetch.handler(CHANGE, None)
        self.assertEqual(answer["statusCode"], 200)
        self.assertEqual(answer["headers"]["X-Api-Call-Limit"], "1/2")
        self.assertEqual(answer["body"], '{"product": {"mall_id": "mall1", "number": "7", "answer": 1}}')
        self.assertEqual(self.shop.calls[0]["request"], "m1")

    def test_a_refusal_is_an_answer_without_anything_to_store(self):
        answers = [fetch.handler(CHANGE, None) for _ in range(20)]
        refused = [answer for answer in answers if answer["statusCode"] == 429]
        self.assertTrue(refused)
        self.assertTrue(all("body" not in answer and "X-Api-Call-Limit" in answer["headers"] for answer in refused))

    def test_the_naive_one_sleeps_until_it_is_let_in(self):
        with mock.patch.object(naive_fetch, "PAUSE_SECONDS", 0.01):
            answers = [naive_fetch.handler(CHANGE, None) for _ in range(20)]
        self.assertEqual({answer["statusCode"] for answer in answers}, {200})
        self.assertGreater(len(self.shop.calls), 20)

    def test_other_answers_and_what_no_shop_has_fail(self):
        elsewhere = os.environ["SHOP_API"] + "/elsewhere"
        with mock.patch.dict(os.environ, {"SHOP_API": elsewhere}), self.assertRaises(urllib.error.HTTPError):
            fetch.handler(CHANGE, None)
        for change in [{"mall_id": "evil.example/"}, {"mall_id": ""}, {"path": "products/../orders/1"}, {"path": "customers/1"}]:
            with self.assertRaises(ValueError):
                fetch.handler(CHANGE | change, None)
        self.assertEqual(self.shop.calls, [])


if __name__ == "__main__":
    unittest.main()
