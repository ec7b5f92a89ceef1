#include "cli/events_page.h"

namespace signet::cli {
namespace {

constexpr std::string_view k_what =
    "[notify] of signet.toml(5) names who is told of what happens over a store: a program, or a web server. It is told "
    "of each event at least once, of the events of one certificate in the order they happened, whoever did what: the "
    "server, an operator's command, a cron job. Only what happens after [notify] was set is told.\n\n"
    "serve-acme tells, within a second or so. Where none runs, `signet renew` and `signet status --notify` do, for all "
    "that happened since the last time; what they cannot bring is left for the next time.\n\n"
    "An event is recorded in the very transaction of the act that it tells of (in the audit log, of which the queue is "
    "made), so that neither a kill nor a power cut loses it. A receiver that fails is tried again after 1, 2, 4 "
    "seconds and so on, at last every minute, and at once when signet starts again. After three days an event is given "
    "up, which is logged, and shown by `signet status` for a week. One may come twice: its id is the same then.";

constexpr std::string_view k_kinds =
    "issued: a certificate was signed.\n\n"
    "refused: a certificate or an order was not, because profile, token or CA do not permit it. Of the "
    "orders of one ACME account those that the audit log keeps, ten an hour.\n\n"
    "revoked: a certificate was revoked.\n\n"
    "expiring: so little of a certificate's lifetime is left that `signet status` warns by default: 30 days, then 7 "
    "days; below lifetimes of 90 days 25 %, then 10 %. Certificates that are revoked, or replaced by a later one for "
    "the same names and account, are not told of. `signet status --notify` tells of what it looked at, too.\n\n"
    "ca_expiring: the same for the CAs of the store: roots, issuing CAs, those between, foreign anchors; and "
    "for the subordinate CAs that `signet ca sign` made, until one of the same name lasts longer.";

constexpr std::string_view k_document =
    "One JSON object. Members may be added; what stands here stays while schema is 1.\n\n"
    "Always: schema (1), id, event (its kind), time (RFC 3339, UTC).\n\n"
    "issued, refused and revoked: actor (who did it: \"operator uid 0\", \"account ID\"), address (the client's, or "
    "null), account, profile, names[]. refused has message, all reasons in one text. revoked has reason, a name of RFC "
    "5280. issued and revoked have serial and certificate.\n\n"
    "expiring: level (warning, critical, expired), not_after, seconds_left, names[], serial, certificate; for what the "
    "store did not issue target, where it was seen.\n\n"
    "ca_expiring: level, not_after, seconds_left, ca, ca_id, role (root, issuing, intermediate, anchor, subordinate), "
    "certificate.\n\n"
    "certificate has the members that a certificate always has (see signet-list(1)), as it stands when the event is "
    "made; one that is not in the inventory has serial, subject, names, not_before, not_after and "
    "fingerprint_sha256.\n\n"
    "    {\"schema\":1,\"id\":\"issued-7\",\"event\":\"issued\",\n"
    "     \"time\":\"2026-11-21T18:00:00Z\",\"actor\":\"operator uid 0\",\n"
    "     \"address\":null,\"account\":null,\"profile\":\"default\",\n"
    "     \"names\":[\"db.internal\"],\"serial\":\"5f7c…\",\n"
    "     \"certificate\":{\"serial\":\"5f7c…\",\"status\":\"valid\",…}}";

constexpr std::string_view k_program =
    "command is split as a shell would split quotes, expanded in no way, and run directly as the user of signet, with "
    "the document and a line end on standard input. Its environment is PATH of the system directories, HOME, LANG, "
    "SIGNET_HOOK_EVENT (the kind) and SIGNET_HOOK_EVENT_ID. Exit 0 within five seconds says that it has it; anything "
    "else, and it gets it again. Whatever takes longer is better handed on to another service.";

constexpr std::string_view k_webhook =
    "The document is posted to url as application/json, with X-Signet-Event (the kind) and X-Signet-Event-Id. Any "
    "answer 2xx within five seconds says that it was taken; redirections are not followed. An https server must have a "
    "certificate of the system's trust store, or of a CA of this store.\n\n"
    "With hmac_key_file there is X-Signet-Signature, \"sha256=\" and in lower-case hex the HMAC-SHA-256 (RFC 2104) of "
    "the body, byte for byte as it came. The key is what the file holds, without a line end behind it. To check a body "
    "in a file:\n\n"
    "    openssl dgst -sha256 -mac HMAC -macopt \"key:$(cat hmac.key)\" body\n\n"
    "Compare in constant time, and look at time and id: a signature alone does not say that a document is new.";

}  // namespace

const std::vector<EventsChapter>& events_page_chapters() {
    static const std::vector<EventsChapter> chapters{{"DESCRIPTION", k_what},
                                                     {"KINDS", k_kinds},
                                                     {"DOCUMENT", k_document},
                                                     {"PROGRAM", k_program},
                                                     {"WEBHOOK", k_webhook}};
    return chapters;
}

}  // namespace signet::cli
