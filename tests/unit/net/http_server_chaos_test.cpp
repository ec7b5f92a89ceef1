#include <atomic>
#include <doctest/doctest.h>
#include <random>
#include <thread>

#include "net/http_server.h"
#include "support/raw_client.h"

using namespace signet::net;
using namespace std::chrono_literals;
using signet::test::RawClient;

namespace {

const std::string k_get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

/// One connection that ends in one of the ways connections end, some just when a deadline does.
void misbehave(int port, std::mt19937& random) {
    RawClient client(port);
    switch (random() % 7) {
        case 0:
            return;
        case 1:
            client.send(k_get.substr(0, random() % k_get.size()));
            return;
        case 2:
            client.send(k_get.substr(0, 1 + random() % (k_get.size() - 1)));
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 12));
            client.send(k_get);
            return;
        case 3:
            client.send(k_get + k_get);
            client.read_response();
            return;
        case 4:
            client.send(k_get);
            client.finish_sending();
            client.read_all();
            return;
        case 5:
            client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
            client.read_all();
            return;
        default:
            client.send("nonsense\r\n\r\n" + std::string(random() % 100'000, 'n'));
            client.read_all();
            return;
    }
}

}  // namespace

TEST_CASE("http_server: connections that end in every way, at every moment, hurt nobody") {
    HttpLimits limits;
    limits.header = limits.body = limits.idle = 6ms;
    HttpServer server(
        {{"127.0.0.1:0", false}}, [](const Request& r) { return Response::text(200, r.path); }, 3, limits);
    server.start();
    std::atomic<int> left = 4;
    std::vector<std::thread> threads;
    for (unsigned seed = 0; seed < 4; ++seed) {
        threads.emplace_back([&, seed] {
            std::mt19937 random(seed);
            for (int i = 0; i < 150; ++i) misbehave(server.port(0), random);
            --left;
        });
    }
    int served = 0;
    while (left.load() > 0) {
        RawClient client(server.port(0));
        client.send(k_get);
        if (client.read_response().ends_with("\r\n\r\n/a")) ++served;
    }
    for (auto& thread : threads) thread.join();
    CHECK(served > 0);  // most, but a busy machine may be slower than the six milliseconds
    server.stop(1s);
}
