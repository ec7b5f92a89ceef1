#include "server/validation_queue.h"

#include <doctest/doctest.h>
#include <vector>

using namespace signet;
using namespace std::chrono_literals;
using server::ValidationQueue;

namespace {

const base::Time k_now = base::from_unix(1'800'000'000);

std::string id(const std::string& account, int number) { return account + "-" + std::to_string(number); }

void fill(ValidationQueue& queue, const std::string& account, int count, const std::string& type = "http-01",
          base::Time due = k_now) {
    for (int i = 0; i < count; ++i) queue.add({id(account, i) + type, type, account}, due);
}

/// Whose turn it is, as long as there are any.
std::string order(ValidationQueue& queue, int count, int places = 1000) {
    std::string accounts;
    for (int i = 0; i < count; ++i) {
        const auto job = queue.take(k_now, places);
        accounts += job ? job->account : "-";
    }
    return accounts;
}

}  // namespace

TEST_CASE("validation queue: accounts take turns, however much one of them has waiting") {
    ValidationQueue queue;
    fill(queue, "a", 400);
    fill(queue, "b", 2);
    fill(queue, "c", 1);
    CHECK(order(queue, 6) == "abcaba");
    fill(queue, "d", 1);
    CHECK(order(queue, 2).find('d') != std::string::npos);
}

TEST_CASE("validation queue: eight of one account at once, and the next when one of them is done") {
    ValidationQueue queue;
    fill(queue, "a", 20);
    std::vector<ValidationQueue::Job> running;
    while (const auto job = queue.take(k_now, 100)) running.push_back(*job);
    REQUIRE(running.size() == 8);
    CHECK_FALSE(queue.next_due());
    fill(queue, "b", 1);
    CHECK(order(queue, 2) == "b-");
    queue.finish(running.front(), std::nullopt);
    CHECK(order(queue, 2) == "a-");
}

TEST_CASE("validation queue: each type has places of its own") {
    ValidationQueue queue;
    for (int i = 0; i < 10; ++i) fill(queue, "a" + std::to_string(i), 5, "http-01");
    for (int i = 0; i < 3; ++i) REQUIRE(queue.take(k_now, 3)->type == "http-01");
    CHECK_FALSE(queue.take(k_now, 3));
    fill(queue, "z", 5, "dns-01");
    for (int i = 0; i < 3; ++i) CHECK(queue.take(k_now, 3)->type == "dns-01");
    CHECK_FALSE(queue.take(k_now, 3));
}

TEST_CASE("validation queue: a challenge stands in it once, until it is done for good") {
    ValidationQueue queue;
    CHECK(queue.add({"x", "http-01", "a"}, k_now));
    CHECK_FALSE(queue.add({"x", "http-01", "a"}, k_now));
    const auto job = queue.take(k_now, 8);
    REQUIRE(job);
    CHECK_FALSE(queue.add(*job, k_now));
    queue.finish(*job, k_now + 2s);
    CHECK_FALSE(queue.add(*job, k_now));
    CHECK_FALSE(queue.take(k_now + 1s, 8));
    CHECK(queue.next_due() == k_now + 2s);
    const auto again = queue.take(k_now + 2s, 8);
    REQUIRE(again);
    queue.finish(*again, std::nullopt);
    CHECK(queue.empty());
    CHECK(queue.add(*job, k_now));
}

TEST_CASE("validation queue: what is due earlier goes first within an account, also when it comes later") {
    ValidationQueue queue;
    queue.add({"late", "http-01", "a"}, k_now + 60s);
    CHECK_FALSE(queue.take(k_now, 8));
    queue.add({"early", "http-01", "a"}, k_now);
    CHECK(queue.take(k_now, 8)->challenge == "early");
    CHECK_FALSE(queue.take(k_now, 8));
    CHECK(queue.take(k_now + 60s, 8)->challenge == "late");
}

TEST_CASE("validation queue: an account can have so many, of all types together; others are not full") {
    ValidationQueue queue;
    fill(queue, "a", 250, "http-01");
    fill(queue, "a", 249, "dns-01", k_now + 60s);
    CHECK_FALSE(queue.full("a"));
    fill(queue, "a", 1, "tls-alpn-01");
    CHECK(queue.full("a"));
    CHECK_FALSE(queue.full("b"));
    const auto job = queue.take(k_now, 8);
    CHECK(queue.full("a"));  // it runs, and may come back
    queue.finish(*job, std::nullopt);
    CHECK_FALSE(queue.full("a"));
}
