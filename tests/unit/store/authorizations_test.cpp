#include "store/authorizations.h"

#include <doctest/doctest.h>

#include "rows.h"
#include "support/temporary_store.h"

using namespace signet;
using store::AuthorizationStatus;
using store::ChallengeStatus;
using store::OrderStatus;
using store::Transaction;
using test::TemporaryStore;

namespace {

constexpr auto k_problem = R"({"type":"urn:ietf:params:acme:error:connection"})";

void add(store::Store& store, const store::AuthorizationRecord& authorization) {
    store.write([&](Transaction& t) {
        store::insert_account(t, test::sample_account());
        store::insert_authorization(t, authorization);
    });
}

void add(store::Store& store, const store::OrderRecord& order) {
    store.write([&](Transaction& t) { store::insert_order(t, order); });
}

void settle(store::Store& store, const std::string& challenge, const std::string& problem, std::int64_t now = 2'000) {
    store.write([&](Transaction& t) { store::settle_challenge(t, challenge, problem, now, 50'000); });
}

}  // namespace

TEST_CASE("authorizations: a row comes back with its challenges in order") {
    TemporaryStore store;
    auto authorization = test::sample_authorization("z1", "a.internal");
    authorization.wildcard = true;
    add(*store, authorization);
    const auto found = store->query([](Transaction& t) { return store::find_authorization(t, "z1"); });
    REQUIRE(found);
    CHECK(found->account == "acct1");
    CHECK(found->identifier == authorization.identifier);
    CHECK(found->wildcard);
    CHECK(found->status == AuthorizationStatus::pending);
    CHECK(found->proof.empty());
    CHECK(found->expires_at == 9'000);
    REQUIRE(found->challenges.size() == 2);
    CHECK(found->challenges[0].type == "http-01");
    CHECK(found->challenges[1].type == "dns-01");
    CHECK(found->challenges[0].token == "token-of-z1");
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_authorization(t, "z2"); }));
    CHECK_FALSE(store->query([](Transaction& t) { return store::find_challenge(t, "z2"); }));
}

TEST_CASE("challenges: a start takes pending ones of pending, unexpired authorizations") {
    TemporaryStore store;
    int number = 0;
    for (const auto authorization : test::k_authorization_states) {
        for (const auto challenge : test::k_challenge_states) {
            for (const std::int64_t now : {8'999, 9'000}) {
                const auto id = "z" + std::to_string(++number);
                CAPTURE(id);
                add(*store, test::sample_authorization(id, "a.internal", authorization, challenge));
                bool started = false;
                store->write([&](Transaction& t) { started = store::start_challenge(t, id + "-http-01", now); });
                CHECK(started == (authorization == AuthorizationStatus::pending &&
                                  challenge == ChallengeStatus::pending && now < 9'000));
                CHECK(test::status_of_challenge(*store, id + "-http-01") ==
                      (started ? ChallengeStatus::processing : challenge));
            }
        }
    }
}

TEST_CASE("challenges: settling moves challenge, authorization and order from every state they can be in") {
    TemporaryStore store;
    int number = 0;
    for (const auto authorization : test::k_authorization_states) {
        for (const auto challenge : test::k_challenge_states) {
            for (const auto order : test::k_order_states) {
                for (const std::string problem : {"", k_problem}) {
                    const auto id = "z" + std::to_string(++number);
                    CAPTURE(static_cast<int>(authorization));
                    CAPTURE(static_cast<int>(challenge));
                    CAPTURE(static_cast<int>(order));
                    CAPTURE(problem);
                    add(*store, test::sample_authorization(id, "a.internal", authorization, challenge));
                    add(*store, test::sample_order("o" + id, {{"a.internal", id}}, order));
                    settle(*store, id + "-http-01", problem);

                    const bool good = problem.empty();
                    const bool settles = challenge == ChallengeStatus::processing;
                    const bool counts = settles && authorization == AuthorizationStatus::pending;
                    const bool moves = counts && order == OrderStatus::pending;
                    CHECK(test::status_of_challenge(*store, id + "-http-01") ==
                          (settles ? (good ? ChallengeStatus::valid : ChallengeStatus::invalid) : challenge));
                    CHECK(
                        test::status_of_authorization(*store, id) ==
                        (counts ? (good ? AuthorizationStatus::valid : AuthorizationStatus::invalid) : authorization));
                    CHECK(test::status_of_order(*store, "o" + id) ==
                          (moves ? (good ? OrderStatus::ready : OrderStatus::invalid) : order));
                    CHECK(test::status_of_challenge(*store, id + "-dns-01") == ChallengeStatus::pending);
                }
            }
        }
    }
}

TEST_CASE("challenges: success records how and until when, failure why") {
    TemporaryStore store;
    add(*store,
        test::sample_authorization("z1", "a.internal", AuthorizationStatus::pending, ChallengeStatus::processing));
    add(*store,
        test::sample_authorization("z2", "b.internal", AuthorizationStatus::pending, ChallengeStatus::processing));
    add(*store, test::sample_order("o2", {{"b.internal", "z2"}}));
    settle(*store, "z1-http-01", "");
    settle(*store, "z2-http-01", k_problem);
    const auto valid = store->query([](Transaction& t) { return store::find_authorization(t, "z1").value(); });
    CHECK(valid.proof == "http-01");
    CHECK(valid.expires_at == 50'000);
    CHECK(valid.challenges[0].validated_at == 2'000);
    CHECK_FALSE(valid.challenges[0].error);
    CHECK_FALSE(valid.challenges[0].next_attempt_at);
    const auto invalid = store->query([](Transaction& t) { return store::find_authorization(t, "z2").value(); });
    CHECK(invalid.proof.empty());
    CHECK(invalid.challenges[0].error == k_problem);
    CHECK(store->query([](Transaction& t) { return store::find_order(t, "o2").value().error; }) == k_problem);
}

TEST_CASE("challenges: what ended meanwhile is not made valid") {
    TemporaryStore store;
    add(*store,
        test::sample_authorization("z1", "a.internal", AuthorizationStatus::pending, ChallengeStatus::processing));
    add(*store, test::sample_order("o1", {{"a.internal", "z1"}}));
    settle(*store, "z1-http-01", "", 9'000);  // the very second it expires
    CHECK(test::status_of_authorization(*store, "z1") == AuthorizationStatus::pending);
    CHECK(test::status_of_order(*store, "o1") == OrderStatus::pending);
}

TEST_CASE("challenges: an order is ready when the last of its authorizations is valid") {
    TemporaryStore store;
    for (const auto* id : {"z1", "z2", "z3"}) {
        add(*store, test::sample_authorization(id, std::string(id) + ".internal", AuthorizationStatus::pending,
                                               ChallengeStatus::processing));
    }
    add(*store, test::sample_order("both", {{"z1.internal", "z1"}, {"z2.internal", "z2"}}));
    add(*store, test::sample_order("one", {{"z1.internal", "z1"}}));
    add(*store, test::sample_order("other", {{"z3.internal", "z3"}}));
    settle(*store, "z1-http-01", "");
    CHECK(test::status_of_order(*store, "both") == OrderStatus::pending);
    CHECK(test::status_of_order(*store, "one") == OrderStatus::ready);
    settle(*store, "z2-http-01", "");
    CHECK(test::status_of_order(*store, "both") == OrderStatus::ready);
    CHECK(test::status_of_order(*store, "other") == OrderStatus::pending);
}

TEST_CASE("challenges: a postponed one keeps its error and count, and is found after a restart") {
    TemporaryStore store;
    add(*store,
        test::sample_authorization("z1", "a.internal", AuthorizationStatus::pending, ChallengeStatus::processing));
    add(*store, test::sample_authorization("z2", "b.internal"));
    store->write([](Transaction& t) {
        store::postpone_challenge(t, "z1-http-01", k_problem, 3'000);
        store::postpone_challenge(t, "z2-http-01", k_problem, 3'000);  // not in processing: unchanged
    });
    store.reopen();
    const auto unfinished = store->query([](Transaction& t) { return store::unfinished_challenges(t); });
    REQUIRE(unfinished.size() == 1);
    CHECK(unfinished[0].id == "z1-http-01");
    CHECK(unfinished[0].attempts == 1);
    CHECK(unfinished[0].error == k_problem);
    CHECK(unfinished[0].next_attempt_at == 3'000);
    settle(*store, "z1-http-01", "");
    CHECK(store->query([](Transaction& t) { return store::unfinished_challenges(t); }).empty());
}

TEST_CASE("authorizations: deactivation ends pending and valid ones, and the orders that rest on them") {
    TemporaryStore store;
    int number = 0;
    for (const auto authorization : test::k_authorization_states) {
        for (const auto order : test::k_order_states) {
            const auto id = "z" + std::to_string(++number);
            CAPTURE(static_cast<int>(authorization));
            CAPTURE(static_cast<int>(order));
            add(*store, test::sample_authorization(id, "a.internal", authorization));
            add(*store, test::sample_order("o" + id, {{"a.internal", id}}, order));
            bool done = false;
            store->write([&](Transaction& t) { done = store::deactivate_authorization(t, id); });
            CHECK(done ==
                  (authorization == AuthorizationStatus::pending || authorization == AuthorizationStatus::valid));
            CHECK(test::status_of_authorization(*store, id) ==
                  (done ? AuthorizationStatus::deactivated : authorization));
            const bool open = order == OrderStatus::pending || order == OrderStatus::ready;
            CHECK(test::status_of_order(*store, "o" + id) == (done && open ? OrderStatus::invalid : order));
        }
    }
}

TEST_CASE("authorizations: reuse takes valid, unexpired ones of the same account, name, type and wildcard") {
    TemporaryStore store;
    add(*store, test::sample_authorization("z1", "a.internal", AuthorizationStatus::valid));
    auto longer = test::sample_authorization("z2", "a.internal", AuthorizationStatus::valid);
    longer.expires_at = 9'500;
    add(*store, longer);
    add(*store, test::sample_authorization("z3", "b.internal"));
    const auto find = [&](const char* account, const char* name, bool wildcard, std::int64_t now) {
        return store->query([&](Transaction& t) {
            const auto found = store::find_reusable(t, account, x509::Identifier::parse(name), wildcard, now);
            return found ? found->id : std::string("none");
        });
    };
    CHECK(find("acct1", "a.internal", false, 2'000) == "z2");
    CHECK(find("acct1", "a.internal", false, 9'499) == "z2");
    CHECK(find("acct1", "a.internal", false, 9'500) == "none");
    CHECK(find("acct1", "a.internal", true, 2'000) == "none");
    CHECK(find("acct2", "a.internal", false, 2'000) == "none");
    CHECK(find("acct1", "b.internal", false, 2'000) == "none");
    CHECK(find("acct1", "c.internal", false, 2'000) == "none");
}

TEST_CASE("authorizations: only valid and unexpired ones of the order's own account prove anything") {
    TemporaryStore store;
    store->write([](Transaction& t) {
        store::insert_account(t, test::sample_account());
        store::insert_account(t, test::sample_account("acct2"));
    });
    auto wildcard = test::sample_authorization("z1", "a.internal", AuthorizationStatus::valid);
    wildcard.wildcard = true;
    add(*store, wildcard);
    auto foreign = test::sample_authorization("z2", "b.internal", AuthorizationStatus::valid);
    foreign.account = "acct2";
    add(*store, foreign);
    int number = 10;
    std::vector<std::pair<std::string, std::string>> names = {{"*.a.internal", "z1"}, {"b.internal", "z2"}};
    for (const auto status : test::k_authorization_states) {
        const auto id = "z" + std::to_string(number++);
        add(*store, test::sample_authorization(id, id + ".internal", status));
        names.emplace_back(id + ".internal", id);
    }
    const auto order = test::sample_order("o1", names);
    add(*store, order);
    const auto proven = [&](std::int64_t now) {
        return store->query([&](Transaction& t) {
            std::vector<std::string> texts;
            for (const auto& one : store::proven_identifiers(t, order, now))
                texts.push_back(one.identifier().text() + " " + one.proof());
            return texts;
        });
    };
    CHECK(proven(2'000) == std::vector<std::string>{"*.a.internal trust", "z11.internal trust"});
    CHECK(proven(9'000).empty());
}
