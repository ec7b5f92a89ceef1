#include "store/name_keys.h"

#include <doctest/doctest.h>

using namespace signet;
using store::name_key;

TEST_CASE("name keys: what lies below a domain or in a network is one range") {
    CHECK(name_key("a.b.internal") == "dinternal.b.a");
    CHECK(name_key("*.b.internal") == "dinternal.b.*");
    CHECK(name_key("10.0.0.7") == "i40a000007");
    CHECK(name_key("fd00::1") == "i6fd000000000000000000000000000001");
    CHECK(name_key("spiffe://mesh.internal/a") == "uspiffe://mesh.internal/a");
    CHECK(name_key("ops@mail.internal") == "einternal.mail@ops");

    const auto below = store::dns_names_below("b.internal");
    for (const auto* name : {"a.b.internal", "*.b.internal", "x.y.b.internal", "9.b.internal", "zz.b.internal"})
        CHECK(below.contains(name_key(name)));
    for (const auto* name : {"b.internal", "ab.internal", "b-c.internal", "c.internal", "b.internal.x", "internal"})
        CHECK_FALSE(below.contains(name_key(name)));

    const auto itself = store::exactly_name("b.internal");
    CHECK(itself.contains(name_key("b.internal")));
    for (const auto* name : {"a.b.internal", "*.b.internal", "b-c.internal", "bc.internal"})
        CHECK_FALSE(itself.contains(name_key(name)));

    const auto network = store::addresses_between("10.0.0.0", "10.0.0.255");
    for (const auto* name : {"10.0.0.0", "10.0.0.7", "10.0.0.255"}) CHECK(network.contains(name_key(name)));
    for (const auto* name : {"9.255.255.255", "10.0.1.0", "::a00:7"}) CHECK_FALSE(network.contains(name_key(name)));

    const auto mail = store::email_addresses_of("mail.internal");
    CHECK(mail.contains(name_key("ops@mail.internal")));
    CHECK_FALSE(mail.contains(name_key("ops@x.mail.internal")));
    CHECK(store::all_email_addresses().contains(name_key("ops@x.mail.internal")));
    CHECK_FALSE(store::all_email_addresses().contains(name_key("x.mail.internal")));
}

TEST_CASE("name keys: a long URI is found by its start") {
    const std::string uri = "spiffe://mesh.internal/" + std::string(1000, 'a');
    CHECK(name_key(uri).size() < 300);
    CHECK(store::uris_starting_with(uri).contains(name_key(uri)));
    CHECK(store::uris_starting_with("spiffe://mesh.internal/a").contains(name_key(uri)));
    CHECK_FALSE(store::uris_starting_with("spiffe://mesh.internal/b").contains(name_key(uri)));
}
