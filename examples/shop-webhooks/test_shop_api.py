"""What the stand-in promises. Run with `python3 -m unittest` in this folder."""

import asyncio
import unittest

from shop_api import Mall, Shop, WINDOW_SECONDS, render


def statuses(mall, times):
    return [mall.call(now)[0] for now in times]


class MallTest(unittest.TestCase):
    def test_a_bucket_takes_what_it_holds_and_then_what_leaks(self):
        mall = Mall(capacity=10, leak=5, budget=3000)
        self.assertEqual(statuses(mall, [100.0] * 12), [200] * 10 + [429] * 2)
        self.assertEqual(statuses(mall, [100.125, 100.25, 100.25, 100.5]), [429, 200, 429, 200])

    def test_a_call_that_is_refused_takes_no_place(self):
        mall = Mall(capacity=1, leak=1, budget=3000)
        self.assertEqual(statuses(mall, [7.0] + [7.5] * 50 + [8.0]), [200] + [429] * 50 + [200])

    def test_each_answer_tells_the_level(self):
        mall = Mall(capacity=10, leak=5, budget=3000)
        told = [mall.call(now)[1]["X-Api-Call-Limit"] for now in [50.0, 50.0, 50.0, 50.25, 60.0]]
        self.assertEqual(told, ["1/10", "2/10", "3/10", "3/10", "1/10"])
        full = [mall.call(60.0) for _ in range(12)][-1]
        self.assertEqual((full[0], full[1]["X-Api-Call-Limit"]), (429, "10/10"))

    def test_a_budget_that_is_used_up_says_for_how_long(self):
        mall = Mall(capacity=10, leak=5, budget=4)
        answers = [mall.call(1000.0) for _ in range(5)]
        self.assertEqual([status for status, _ in answers], [200, 200, 200, 200, 429])
        usage = [headers["X-Cafe24-Call-Usage"] for _, headers in answers]
        self.assertEqual(usage, ["25.00", "50.00", "75.00", "100.00", "100.00"])
        remain = [headers.get("X-Cafe24-Call-Remain") for _, headers in answers]
        self.assertEqual(remain, [None, None, None, str(WINDOW_SECONDS), str(WINDOW_SECONDS)])
        self.assertEqual(mall.call(1000.0 + WINDOW_SECONDS - 1)[1]["X-Cafe24-Call-Remain"], "1")
        self.assertEqual(mall.call(1000.0 + WINDOW_SECONDS)[0], 200)


class ShopTest(unittest.TestCase):
    def test_malls_have_buckets_of_their_own_and_every_call_is_written_down(self):
        shop = Shop(capacity=2, leak=0.001, budget=3000, latency=0)

        async def call_all():
            products = [("shop1", 7), ("shop1", 7), ("shop1", 8), ("shop2", 7)]
            targets = [f"/{mall}/api/v2/admin/products/{number}" for mall, number in products]
            return await asyncio.gather(*(shop.answer("GET", target, {"x-request-id": target[1:6]}) for target in targets))

        answers = asyncio.run(call_all())
        self.assertEqual([status for status, _, _ in answers], [200, 200, 429, 200])
        self.assertEqual(answers[3][2], {"product": {"mall_id": "shop2", "number": "7", "answer": 1}})
        seen = [(call["mall"], call["item"], call["request"], call["under_way"]) for call in shop.calls]
        expected = [("shop1", "products/7", "shop1", 1), ("shop1", "products/7", "shop1", 2)]
        expected += [("shop1", "products/8", "shop1", 3), ("shop2", "products/7", "shop2", 1)]
        self.assertEqual(seen, expected)

    def test_what_is_not_there_counts_as_nothing(self):
        shop = Shop(capacity=2, leak=1, budget=3000, latency=0)
        for method, target in [("GET", "/"), ("POST", "/shop1/api/v2/admin/products/7"), ("GET", "/SHOP/api/v2/admin/products/7")]:
            self.assertEqual(asyncio.run(shop.answer(method, target, {}))[0], 404)
        self.assertEqual(asyncio.run(shop.answer("GET", "/_calls", {}))[2], [])

    def test_an_answer_is_http(self):
        head, body = render(429, {"X-Api-Call-Limit": "10/10"}, b"{}").split(b"\r\n\r\n")
        self.assertEqual(body, b"{}")
        lines = [b"HTTP/1.1 429 Too Many Requests", b"Content-Type: application/json", b"X-Api-Call-Limit: 10/10"]
        self.assertEqual(head.split(b"\r\n"), [*lines, b"Content-Length: 2"])


if __name__ == "__main__":
    unittest.main()
