#include "base/error.h"
#include "x509/extensions.h"

namespace signet::x509 {
namespace {

constexpr std::size_t k_most_oids = 256;  // purposes or policies in one certificate

base::Bytes oid_sequence(const std::vector<std::string>& oids, bool wrapped) {
    base::Bytes items;
    for (const std::string& oid : oids) base::append(items, wrapped ? der::sequence({der::oid(oid)}) : der::oid(oid));
    return der::sequence({items});
}

int read_skip(const der::Element& element, std::string_view field) {
    return der::small_integer(element.contents, field);
}

}  // namespace

void read_extended_key_usage(der::Reader& value, ExtensionValues& out) {
    der::Reader items = value.sequence("extKeyUsage");
    std::vector<std::string> purposes;
    do {
        purposes.push_back(items.oid("extKeyUsage"));
    } while (!items.at_end() && purposes.size() < k_most_oids);
    items.finish("extKeyUsage");
    out.extended_key_usage = std::move(purposes);
}

std::optional<EncodedExtension> write_extended_key_usage(const ExtensionSource& source) {
    if (source.content.extended_key_usage.empty()) return std::nullopt;
    return EncodedExtension{false, oid_sequence(source.content.extended_key_usage, false)};
}

void read_policies(der::Reader& value, ExtensionValues& out) {
    der::Reader items = value.sequence("certificatePolicies");
    std::vector<std::string> oids;
    do {
        der::Reader information = items.sequence("certificatePolicies");
        std::string oid = information.oid("certificatePolicies");
        if (!information.at_end()) information.read(der::k_sequence, "policyQualifiers");
        information.finish("certificatePolicies");
        for (const std::string& seen : oids) {
            if (seen == oid) der::fail("certificatePolicies", "policy " + oid + " twice");
        }
        oids.push_back(std::move(oid));
    } while (!items.at_end() && oids.size() < k_most_oids);
    items.finish("certificatePolicies");
    out.policies.oids = std::move(oids);
}

std::optional<EncodedExtension> write_policies(const ExtensionSource& source) {
    if (source.content.policies.empty()) return std::nullopt;
    return EncodedExtension{false, oid_sequence(source.content.policies, true)};
}

void read_policy_mappings(der::Reader& value, ExtensionValues& out) {
    der::Reader items = value.sequence("policyMappings");
    std::vector<std::pair<std::string, std::string>> mappings;
    do {
        der::Reader mapping = items.sequence("policyMappings");
        std::string from = mapping.oid("issuerDomainPolicy");
        std::string to = mapping.oid("subjectDomainPolicy");
        mapping.finish("policyMappings");
        mappings.emplace_back(std::move(from), std::move(to));
    } while (!items.at_end() && mappings.size() < k_most_oids);
    items.finish("policyMappings");
    out.policies.mappings = std::move(mappings);
}

void read_policy_constraints(der::Reader& value, ExtensionValues& out) {
    der::Reader fields = value.sequence("policyConstraints");
    if (fields.at_end()) der::fail("policyConstraints", "empty");
    if (const auto require = fields.read_if(der::context(0), "requireExplicitPolicy")) {
        out.policies.require_explicit = read_skip(*require, "requireExplicitPolicy");
    }
    if (const auto inhibit = fields.read_if(der::context(1), "inhibitPolicyMapping")) {
        out.policies.inhibit_mapping = read_skip(*inhibit, "inhibitPolicyMapping");
    }
    fields.finish("policyConstraints");
}

void read_inhibit_any_policy(der::Reader& value, ExtensionValues& out) {
    out.policies.inhibit_any = value.small_integer("inhibitAnyPolicy");
}

}  // namespace signet::x509
