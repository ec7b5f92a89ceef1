#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "fixture.h"
#include "store/certificates.h"

using namespace signet;
using namespace signet::test;

TEST_CASE("concurrency: thirty-two finalizes at once give one certificate") {
    ServerFixture server;
    auto client = server.registered();
    const auto made = client.new_order({"a.test"});
    const auto finalize = order_of(made).finalize;
    const auto csr = csr_for({"a.test"});
    std::vector<net::Request> requests;
    for (int i = 0; i < 32; ++i) {
        requests.push_back(client.signed_request(finalize, AcmeClient::finalize_payload(csr)));
    }
    std::mutex mutex;
    std::map<int, int> statuses;
    std::vector<std::jthread> threads;
    for (const auto& request : requests) {
        threads.emplace_back([&] {
            const auto response = server.app->handle(request);
            const std::lock_guard lock(mutex);
            ++statuses[response.status];
            if (response.status != 200) CHECK(acme::problem_type(response) == "orderNotReady");
        });
    }
    threads.clear();
    CHECK(statuses[200] == 1);
    CHECK(statuses[403] == 31);
    CHECK(order_of(client.post(header_of(made, "Location"), "")).status == "valid");
    // No certificate that nobody got, and that nobody could revoke.
    CHECK(server.audited("certificate.issued") == 1);
    const auto issued = server.store().query([&](store::Transaction& t) {
        auto row =
            t.query("SELECT count(*) FROM certificates WHERE account_id = ?1", ServerFixture::account_id(client));
        row->step();
        return row->integer(0);
    });
    CHECK(issued == 1);
}

TEST_CASE("concurrency: one nonce in requests from twenty threads is accepted once") {
    ServerFixture server;
    auto client = server.registered();
    client.need_nonce();
    const auto nonce = client.nonce;
    std::vector<net::Request> requests;
    for (int i = 0; i < 20; ++i) requests.push_back(client.signed_request(client.kid, "", {.nonce = nonce}));
    std::atomic<int> accepted = 0, refused = 0;
    {
        std::vector<std::jthread> threads;
        for (const auto& request : requests) {
            threads.emplace_back([&] {
                const auto response = server.app->handle(request);
                if (response.status == 200) ++accepted;
                if (acme::problem_type(response) == "badNonce") ++refused;
            });
        }
    }
    CHECK(accepted == 1);
    CHECK(refused == 19);
}

TEST_CASE("concurrency: one key that registers from many threads has one account") {
    ServerFixture server;
    auto client = server.client();
    std::vector<net::Request> requests;
    for (int i = 0; i < 16; ++i) requests.push_back(client.signed_request("/acme/new-account", "{}"));
    std::mutex mutex;
    std::set<std::string> accounts;
    std::atomic<int> created = 0;
    std::vector<std::jthread> threads;
    for (const auto& request : requests) {
        threads.emplace_back([&] {
            const auto response = server.app->handle(request);
            if (response.status == 201) ++created;
            const std::lock_guard lock(mutex);
            accounts.insert(header_of(response, "Location"));
        });
    }
    threads.clear();
    CHECK(accounts.size() == 1);
    CHECK(created == 1);
}

TEST_CASE("concurrency: whole issuances side by side while settings change") {
    ServerFixture server;
    std::atomic<int> issued = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([&, i] {
                auto client = server.client();
                client.register_account();
                for (int n = 0; n < 5; ++n) {
                    const auto name = "n" + std::to_string(n) + ".t" + std::to_string(i) + ".test";
                    const auto order = order_of(client.new_order({name}));
                    const auto done = client.finalize(order.finalize, csr_for({name}));
                    if (done.status == 200 && client.post(order_of(done).certificate, "").status == 200) ++issued;
                }
            });
        }
        for (int i = 0; i < 20; ++i) server.reconfigure();
    }
    CHECK(issued == 40);
}
