#include "crypto/weak_keys.h"

#include <doctest/doctest.h>

#include "base/error.h"
#include "openssl_tool.h"
#include "support/temporary_directory.h"

using namespace signet;
using namespace signet::crypto;

namespace {

/// A key, and its line in a list, as the commands make it that openssl-blacklist(1) names.
struct Listed {
    std::string pem = test::openssl({"genrsa", "2048"});
    PublicKey key = PrivateKey::from_pem(pem, "key").public_key();
    std::string line;

    Listed() {
        const auto digest = test::openssl({"sha1"}, test::openssl({"rsa", "-modulus", "-noout"}, pem));
        line = digest.substr(digest.find_last_not_of("\n") - 19, 20);
    }
};

}  // namespace

TEST_CASE("weak keys: those on a list are found, whatever its order, comments and case, and others are not") {
    const test::TemporaryDirectory directory;
    const Listed one, two, other;
    std::string capitals = two.line;
    for (auto& c : capitals) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    base::write_file(directory / "list", "# one file\nffffffffffffffffffff\n" + one.line + "\n\n# another one\r\n" +
                                             capitals + "\r\n00000000000000000000");
    WeakKeyList list({directory / "absent", directory / "list"});
    CHECK(list.has(one.key));
    CHECK(list.has(two.key));
    CHECK_FALSE(list.has(other.key));
    CHECK(weakness(one.key, &list).value_or("fit").find("CVE-2008-0166") != std::string::npos);
    CHECK_FALSE(weakness(one.key));
    CHECK_FALSE(weakness(other.key, &list));
}

TEST_CASE("weak keys: a list that is made, changed or removed counts from then on") {
    const test::TemporaryDirectory directory;
    const Listed one;
    WeakKeyList list({directory / "list"});
    CHECK_FALSE(list.has(one.key));
    base::write_file(directory / "list", one.line + "\n");
    CHECK(list.has(one.key));
    base::write_file(directory / "list", "");
    CHECK_FALSE(list.has(one.key));
    base::write_file(directory / "list", one.line);
    CHECK(list.has(one.key));
    std::filesystem::remove(directory / "list");
    CHECK_FALSE(list.has(one.key));
}

TEST_CASE("weak keys: a list that cannot be used lets no RSA key pass, and names the line") {
    const test::TemporaryDirectory directory;
    const Listed one;
    WeakKeyList list({directory / "list"});
    for (const auto& line : {one.line.substr(1), one.line + "0", one.line + " " + one.line, std::string("no key")}) {
        CAPTURE(line);
        base::write_file(directory / "list", "00000000000000000000\n" + line + "\n");
        for (int again = 0; again < 2; ++again) {
            try {
                list.has(one.key);
                FAIL("it passed");
            } catch (const base::Error& error) {
                CHECK(error.kind() == base::Kind::environment);
                CHECK(error.message().find("line 2") != std::string::npos);
            }
        }
    }
    CHECK_FALSE(weakness(PrivateKey::generate(KeyType::ec_p256).public_key(), &list));
}
