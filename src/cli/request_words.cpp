#include "cli/request_words.h"

#include "cli/enrolment.h"

namespace signet::cli {
namespace {

void add_subject_options(Options& options, RequestWords& words) {
    const std::string group = "Subject";
    options.push_back(
        {.name = "cn", .label = "TEXT", .text = "common name", .target = &words.common_name, .group = group});
    options.push_back(
        {.name = "org", .label = "TEXT", .text = "organization", .target = &words.organization, .group = group});
    options.push_back(
        {.name = "ou", .label = "TEXT", .text = "organizational unit", .target = &words.unit, .group = group});
}

}  // namespace

void add_request_options(Options& options, RequestWords& words) {
    add_name_options(options, words.names);
    options.push_back({.name = "ca",
                       .label = "NAME",
                       .text = "the authority that signs",
                       .target = &words.ca,
                       .complete = Complete::authority,
                       .default_text = "the profile's"});
    options.push_back(profile_option(words.profile));
    options.push_back(validity_option(words.validity, "the profile's, 24h"));
    options.push_back({.name = "client",
                       .text = "for clients only: no serverAuth",
                       .target = &words.client,
                       .conflicts = {"server"}});
    options.push_back({.name = "server", .text = "for servers only: no clientAuth", .target = &words.server});
    options.push_back(key_type_option(words.key_type));
    options.back().conflicts = {"csr"};
    options.push_back(csr_option(words.csr));
    add_subject_options(options, words);
}

}  // namespace signet::cli
