#include "net/deadline_queue.h"

#include <doctest/doctest.h>

using signet::net::DeadlineQueue;
using namespace std::chrono_literals;

TEST_CASE("deadline_queue: gives what is due, earliest first") {
    DeadlineQueue queue;
    const DeadlineQueue::Time start{};
    CHECK(queue.push(start + 30s, 3));
    CHECK(queue.push(start + 10s, 1));
    CHECK_FALSE(queue.push(start + 20s, 2));
    CHECK(queue.next() == start + 10s);
    CHECK_FALSE(queue.pop_due(start + 9s));
    CHECK(queue.pop_due(start + 25s)->id == 1);
    CHECK(queue.pop_due(start + 25s)->id == 2);
    CHECK_FALSE(queue.pop_due(start + 25s));
    CHECK(queue.size() == 1);
}
