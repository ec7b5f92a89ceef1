#include "ca/authority_settings.h"

#include "base/error.h"
#include "store/layout.h"

namespace signet::ca {
namespace {

constexpr base::Duration k_shortest_validity = std::chrono::seconds(10);
constexpr base::Duration k_longest_validity = std::chrono::hours(24 * 3650);

base::Duration read_validity(base::TomlTable& table, std::string_view key, base::Duration fallback) {
    const auto validity = table.duration(key, base::format_duration(fallback));
    if (validity < k_shortest_validity || validity > k_longest_validity)
        table.refuse(key, base::format_duration(validity) + " is too short or too long", "choose one from 10s to 10y");
    return validity;
}

}  // namespace

AuthorityTable read_authority_settings(base::TomlTable& file) {
    AuthorityTable result;
    for (auto& [name, table] : file.tables("authority")) {
        try {
            store::check_plain_name(name, "a CA");
        } catch (const base::Error& error) {
            file.refuse("authority", error.message(), error.hint());
        }
        base::TomlTable reader = table;
        AuthoritySettings settings;
        settings.crl_validity = read_validity(reader, "crl_validity", settings.crl_validity);
        settings.ocsp_validity = read_validity(reader, "ocsp_validity", settings.ocsp_validity);
        reader.finish();
        result[name] = settings;
    }
    return result;
}

AuthoritySettings settings_of(const AuthorityTable& table, std::string_view authority) {
    const auto row = table.find(authority);
    return row == table.end() ? AuthoritySettings{} : row->second;
}

}  // namespace signet::ca
