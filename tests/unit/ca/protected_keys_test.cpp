#include <sys/stat.h>

#include <doctest/doctest.h>
#include <filesystem>

#include "ca/authority_files.h"
#include "ca/ceremony.h"
#include "ca/rekey.h"
#include "support.h"
#include "support/temporary_store.h"

using namespace signet;
using base::Kind;
using test::k_now;

namespace {

std::shared_ptr<ca::KeyOpener> opener(std::string passphrase) {
    return std::make_shared<ca::KeyOpener>([=](int attempt, const std::string&) -> std::optional<base::Secret> {
        if (attempt > 0) return std::nullopt;
        return base::Secret(std::string(passphrase));
    });
}

struct Fixture {
    test::TemporaryStore store;
    test::ManualClock clock{k_now};
    test::SeededRandom random;

    ca::InitResult init(const std::string& passphrase, std::optional<base::Path> root_key_out = {}) {
        ca::InitRequest request;
        if (!passphrase.empty()) request.passphrase = std::make_shared<const base::Secret>(std::string(passphrase));
        request.root_key_out = std::move(root_key_out);
        return ca::init_authority(*store, request, clock, random, opener(passphrase));
    }
    const store::Layout& layout() { return store->layout(); }
    std::string text(const base::Path& path) { return base::read_file(path, 1 << 20); }
    std::optional<Kind> load(const std::shared_ptr<ca::KeyOpener>& keys) {
        try {
            ca::Authority::load(layout(), "default", k_now, keys);
        } catch (const base::Error& error) {
            return error.kind();
        }
        return std::nullopt;
    }
    std::vector<std::string> rekey(const std::string& before, const std::string& after) {
        const base::Secret fresh{std::string(after)};
        const auto keys = opener(before);
        return ca::rekey_authority(*store, {"default", *keys, fresh, "operator uid 0"}, clock);
    }
};

}  // namespace

TEST_CASE("protected keys: a CA made with a passphrase opens with it alone") {
    Fixture ca;
    CHECK(ca.init("first").created);
    for (const auto& path : {ca.layout().root_key("default"), ca.layout().issuing_key("default")})
        CHECK(ca.text(path).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    CHECK_FALSE(ca.load(opener("first")));
    CHECK(ca.load(opener("second")) == Kind::refused);
    CHECK(ca.load(nullptr) == Kind::bad_input);
    CHECK_FALSE(ca.init("first").created);
    CHECK_THROWS_AS(ca.init("second"), ca::KeyLocked);
}

TEST_CASE("protected keys: an encrypted file that is damaged is not taken for a wrong passphrase without one") {
    Fixture ca;
    ca.init("first");
    base::write_file(ca.layout().issuing_key("default"),
                     "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", {.mode = 0600});
    CHECK(ca.load(opener("first")) == Kind::corrupt);
}

TEST_CASE("protected keys: rekey changes the passphrase of every key and nothing else") {
    Fixture ca;
    ca.init("first");
    base::make_directories(ca.layout().former("default"), 0700);
    base::write_file(ca.layout().former("default") / "issuing-01020304.key",
                     crypto::PrivateKey::generate(crypto::KeyType::ec_p256).to_pem().reveal(), {.mode = 0600});
    const auto before = ca::Authority::load(ca.layout(), "default", k_now, opener("first"));
    const auto files = ca.rekey("first", "second");
    CHECK(files == std::vector<std::string>{"former/issuing-01020304.key", "issuing.key", "root.key"});
    CHECK(ca.load(opener("first")) == Kind::refused);
    CHECK_FALSE(ca.load(opener("second")));
    CHECK(ca::Authority::load(ca.layout(), "default", k_now, opener("second"))->issuing() == before->issuing());
    for (const std::string& file : files) {
        const base::Path path = ca.layout().authority("default") / file;
        CHECK(base::file_facts(path)->mode == 0600);
        CHECK(ca.text(path).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    }
    int directories = 0;
    for (const auto& entry : std::filesystem::directory_iterator(ca.layout().authorities()))
        directories += entry.is_directory() ? 1 : 0;
    CHECK(directories == 1);
}

TEST_CASE("protected keys: a wrong passphrase changes nothing") {
    Fixture ca;
    ca.init("first");
    const std::string before = ca.text(ca.layout().issuing_key("default"));
    CHECK_THROWS_AS(ca.rekey("wrong", "second"), ca::KeyLocked);
    CHECK(ca.text(ca.layout().issuing_key("default")) == before);
}

TEST_CASE("protected keys: what a killed rekey left is completed by the next") {
    Fixture ca;
    ca.init("first");
    const base::Path left = ca.layout().authorities() / ".default.rekey";
    base::make_directories(left, 0700);
    base::write_file(left / "issuing.key", "half", {.mode = 0600});
    // Of a file system that cannot exchange directories: one key is new already.
    const base::Secret first("first"), second("second");
    const base::Path root_key = ca.layout().root_key("default");
    const auto key = crypto::PrivateKey::from_pem(ca.text(root_key), "root.key", &first);
    base::write_file(root_key, key.to_encrypted_pem(second).reveal(), {.mode = 0600});
    ca.rekey("first", "second");
    CHECK_FALSE(ca.init("second").created);
    CHECK_FALSE(std::filesystem::exists(left));
}

TEST_CASE("protected keys: a server goes on with the key it has when the passphrase changed under it") {
    Fixture ca;
    ca.init("first");
    ca::Authorities running(ca.layout(), ca.clock, opener("first"));
    const auto before = running.get("default");
    ca.rekey("first", "second");
    CHECK(running.get("default")->issuing() == before->issuing());
    ca::Authorities fresh(ca.layout(), ca.clock, opener("first"));
    CHECK_THROWS_AS(fresh.get("default"), ca::KeyLocked);
}

TEST_CASE("protected keys: the root's key goes where it was told, and nowhere else") {
    Fixture ca;
    const base::Path elsewhere = ca.store.root() / "usb-root.key";
    CHECK(ca.init("", elsewhere).created);
    CHECK_FALSE(std::filesystem::exists(ca.layout().root_key("default")));
    CHECK(base::file_facts(elsewhere)->mode == 0600);
    const auto files = ca::read_authority_files(ca.layout(), "default");
    CHECK(crypto::PrivateKey::from_pem(ca.text(elsewhere), "root.key").public_key() == files.root.public_key());
    CHECK_FALSE(ca.load(nullptr));
}

TEST_CASE("protected keys: a file that is there is not overwritten by a root's key, and no CA is made") {
    Fixture ca;
    const base::Path elsewhere = ca.store.root() / "usb-root.key";
    base::write_file(elsewhere, "precious");
    CHECK_THROWS_AS(ca.init("", elsewhere), base::Error);
    CHECK(ca.text(elsewhere) == "precious");
    CHECK_FALSE(ca::authority_exists(ca.layout(), "default"));
}
