#include "ca/authority.h"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "base/error.h"
#include "ca/ceremony.h"
#include "support.h"
#include "support/temporary_store.h"
#include "x509/pem.h"

using namespace signet;
using namespace std::chrono_literals;
using base::Kind;
using test::k_now;

namespace {

struct Fixture {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;

    explicit Fixture(bool root_only = false) {
        ca::InitRequest request;
        request.root_only = root_only;
        ca::init_authority(*store, request, clock, random);
    }
    const store::Layout& layout() { return store->layout(); }
    std::optional<Kind> kind_of_load() {
        try {
            ca::Authority::load(layout(), "default", clock.now());
        } catch (const base::Error& error) {
            return error.kind();
        }
        return std::nullopt;
    }
    x509::Certificate sign(const std::string& name) {
        const auto authority = ca::Authority::load(layout(), "default", clock.now());
        std::vector<x509::Certificate> chain = authority->chain();
        chain.push_back(authority->root());
        const ca::Profile profile = ca::ready_made_profiles().at("default");
        auto decision =
            ca::decide(test::ask(profile, {name}), {authority->issuing(), chain, "", "default"}, clock.now());
        return authority->sign(std::move(*decision.approved), random);
    }
};

}  // namespace

TEST_CASE("authority: signs what policy approved, with a serial of its own") {
    Fixture ca;
    const x509::Certificate first = ca.sign("w.test"), second = ca.sign("w.test");
    const auto authority = ca::Authority::load(ca.layout(), "default", k_now);
    CHECK(first.signed_by(authority->issuing().public_key()));
    CHECK(first.issuer() == authority->issuing().subject());
    CHECK(first.authority_key_id() == authority->issuing().subject_key_id());
    CHECK(first.names() == test::names_of({"w.test"}));
    CHECK(first.serial_hex() != second.serial_hex());
    CHECK(first.serial_hex().size() == 34);
    CHECK(authority->chain() == std::vector{authority->issuing()});
    CHECK(authority->anchors() == std::vector{authority->root()});
    CHECK(authority->issuing_id().size() == 8);
}

TEST_CASE("authority: a root alone signs leafs itself") {
    Fixture ca(true);
    const auto authority = ca::Authority::load(ca.layout(), "default", k_now);
    CHECK(authority->root_only());
    CHECK(authority->chain().empty());
    CHECK(ca.sign("w.test").signed_by(authority->root().public_key()));
}

TEST_CASE("authority: a key that others can read is refused with the chmod that mends it") {
    Fixture ca;
    for (const base::Path& key : {ca.layout().issuing_key("default"), ca.layout().root_key("default")}) {
        CAPTURE(key.string());
        for (const mode_t mode : {0644u, 0640u, 0604u, 0620u}) {
            REQUIRE(::chmod(key.c_str(), mode) == 0);
            try {
                ca::Authority::load(ca.layout(), "default", k_now);
                FAIL_CHECK("loaded");
            } catch (const base::Error& error) {
                CHECK(error.kind() == Kind::permission);
                CHECK(error.hint().find("chmod 600 " + key.string()) != std::string::npos);
            }
        }
        REQUIRE(::chmod(key.c_str(), 0600) == 0);
    }
    CHECK_FALSE(ca.kind_of_load());
}

TEST_CASE("authority: files that do not fit together are corrupt") {
    Fixture ca, other;
    const auto read = [](const base::Path& path) { return base::read_file(path, 1 << 16); };
    const auto damage = [&](const base::Path& path, const std::string& text) {
        const std::string before = read(path);
        base::write_file(path, text, {.mode = 0600});
        CAPTURE(path.string());
        CHECK(ca.kind_of_load() == Kind::corrupt);
        base::write_file(path, before, {.mode = 0600});
    };
    const store::Layout &layout = ca.layout(), &foreign = other.layout();
    damage(layout.issuing_key("default"), read(foreign.issuing_key("default")));
    damage(layout.issuing_key("default"), read(layout.issuing_key("default")).substr(0, 60));
    damage(layout.issuing_key("default"), "");
    damage(layout.issuing_certificate("default"), read(foreign.issuing_certificate("default")));
    damage(layout.issuing_certificate("default"), read(layout.root_certificate("default")));
    const std::string pem = read(layout.issuing_certificate("default"));
    damage(layout.issuing_certificate("default"), pem.substr(0, pem.size() / 2));
    damage(layout.root_certificate("default"), "");
    damage(layout.root_certificate("default"), pem + pem);
    damage(layout.root_certificate("default"), x509::encode_certificates({ca.sign("w.test")}));
    CHECK_FALSE(ca.kind_of_load());
}

TEST_CASE("authority: the root's key may be away, the issuing key may not") {
    Fixture ca;
    std::filesystem::remove(ca.layout().root_key("default"));
    CHECK_FALSE(ca.kind_of_load());
    std::filesystem::remove(ca.layout().issuing_key("default"));
    CHECK(ca.kind_of_load() == Kind::not_found);
}

TEST_CASE("authority: one that has not begun does not load, one that has ended does, for its CRLs") {
    Fixture ca;
    ca.clock.set(k_now - 2h);
    CHECK(ca.kind_of_load() == Kind::ca_not_valid);
    ca.clock.set(k_now + 24h * 365 * 5 + 1s);
    CHECK_FALSE(ca.kind_of_load());
}

TEST_CASE("authority: an unknown name is not found, a wicked one is no name") {
    Fixture ca;
    ca::Authorities authorities(ca.layout(), ca.clock);
    try {
        authorities.get("defualt");
        FAIL("found");
    } catch (const base::Error& error) {
        CHECK(error.kind() == Kind::not_found);
        CHECK(error.hint() == "did you mean 'default'?");
    }
    CHECK_THROWS_AS(authorities.get("../../etc"), base::Error);
    CHECK(authorities.names() == std::vector<std::string>{"default"});
}

TEST_CASE("authorities: a busy server looks at the files now and then") {
    Fixture ca;
    ca::Authorities authorities(ca.layout(), ca.clock, {}, 1h);
    const auto first = authorities.get("default");
    REQUIRE(::chmod(ca.layout().issuing_key("default").c_str(), 0644) == 0);
    CHECK(authorities.get("default") == first);
    ca::Authorities often(ca.layout(), ca.clock);
    CHECK_THROWS_AS(often.get("default"), base::Error);
}

TEST_CASE("authorities: loaded once, and again when files change") {
    Fixture ca;
    ca::Authorities authorities(ca.layout(), ca.clock);
    const auto first = authorities.get("default");
    CHECK(authorities.get("default") == first);
    ca::InitRequest lab;
    lab.name = "lab";
    ca::init_authority(*ca.store, lab, ca.clock, ca.random);
    CHECK(authorities.get("lab")->name() == "lab");
    CHECK(authorities.names() == std::vector<std::string>{"default", "lab"});
    // As restored from a backup while the server runs.
    std::filesystem::remove_all(ca.layout().authority("default"));
    std::filesystem::rename(ca.layout().authority("lab"), ca.layout().authority("default"));
    CHECK(authorities.get("default") != first);
    REQUIRE(::chmod(ca.layout().issuing_key("default").c_str(), 0644) == 0);
    CHECK_THROWS_AS(authorities.get("default"), base::Error);
}
