#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/text.h"
#include "inspect/explain.h"
#include "x509/revocation_reason.h"

namespace signet::inspect {
namespace {

using base::Json;
using x509::OcspResponse;
using x509::OcspStatus;

std::string_view status_word(OcspStatus status) {
    switch (status) {
        case OcspStatus::good:
            return "good";
        case OcspStatus::revoked:
            return "revoked";
        case OcspStatus::unknown:
            return "unknown";
    }
    return "";
}

std::string outcome_text(const OcspResponse& response) {
    const auto name = x509::ocsp_response_status_name(response.status);
    return name.empty() ? std::to_string(response.status) : std::string(name);
}

std::string answer_text(const OcspResponse::Single& answer, base::Time now) {
    std::string text = base::hex_encode(answer.id.serial) + " is " + std::string(status_word(answer.status));
    if (answer.status == OcspStatus::revoked)
        text += " since " + base::format_time(answer.revoked_at) + ", " +
                std::string(x509::revocation_reason_name(answer.reason));
    text += "; said at " + base::format_time(answer.this_update);
    if (!answer.next_update) return text;
    const auto left = *answer.next_update - now;
    return text + ", good until " + base::format_time(*answer.next_update) +
           (left < base::Duration::zero() ? ", OVERDUE since then" : ", " + base::describe_duration(left) + " left");
}

}  // namespace

Facts explain(const OcspResponse& response, base::Time now) {
    if (response.status != 0) return {{"status", outcome_text(response)}};
    Facts facts{{"status", outcome_text(response)},
                {"responder", base::printable(response.responder, 2000)},
                {"produced", base::format_time(response.produced_at)},
                {"nonce", response.nonce ? base::hex_encode(*response.nonce) : ""},
                {"signature", response.signature_algorithm}};
    for (const auto& answer : response.answers) facts.emplace_back("answer", answer_text(answer, now));
    for (const auto& certificate : response.certificates)
        facts.emplace_back("with", base::printable(certificate.subject().text(), 2000) + ", serial " +
                                       certificate.serial_hex() + ", until " +
                                       base::format_time(certificate.not_after()));
    return facts;
}

Json explain_json(const OcspResponse& response, base::Time now) {
    Json answers = Json::array();
    for (const auto& answer : response.answers) {
        const bool revoked = answer.status == OcspStatus::revoked;
        answers.push_back({{"serial", base::hex_encode(answer.id.serial)},
                           {"status", status_word(answer.status)},
                           {"revoked_at", revoked ? Json(base::format_time(answer.revoked_at)) : Json()},
                           {"reason", revoked ? Json(x509::revocation_reason_name(answer.reason)) : Json()},
                           {"this_update", base::format_time(answer.this_update)},
                           {"next_update", answer.next_update ? Json(base::format_time(*answer.next_update)) : Json()},
                           {"overdue", answer.next_update && *answer.next_update < now}});
    }
    Json json{{"type", "OCSP response"}, {"response_status", outcome_text(response)}};
    if (response.status != 0) return json;
    json["responder"] = response.responder;
    json["produced_at"] = base::format_time(response.produced_at);
    json["nonce"] = response.nonce ? Json(base::hex_encode(*response.nonce)) : Json();
    json["signature_algorithm"] = response.signature_algorithm;
    json["answers"] = std::move(answers);
    return json;
}

}  // namespace signet::inspect
