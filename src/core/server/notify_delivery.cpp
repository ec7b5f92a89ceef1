#include "server/notify_delivery.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/process.h"
#include "base/text.h"
#include "ca/authority_files.h"
#include "crypto/digest.h"

namespace signet::server {

namespace {

using namespace std::chrono_literals;

constexpr auto k_deadline = 5s;  // the server's stop waits for it
constexpr std::size_t k_key_limit = 4096;
constexpr std::size_t k_answer_limit = 64 << 10;
constexpr std::size_t k_error_limit = 300;

std::string run_command(const NotifySettings& settings, const store::Notification& event) {
    base::ProcessRequest request;
    request.arguments = base::split_command(settings.command);
    request.environment = {{"SIGNET_HOOK_EVENT", event.kind}, {"SIGNET_HOOK_EVENT_ID", event.event_id}};
    request.input = event.body + "\n";
    request.deadline = k_deadline;
    const auto result = base::run_process(request);
    if (result.timed_out) return "the command did not end within 5 seconds";
    if (result.exit_code == 0) return "";
    const auto said = base::trim(base::trim(result.errors).empty() ? result.output : result.errors);
    return "the command ended with " + std::to_string(result.exit_code) +
           (said.empty() ? "" : ": " + base::printable(said, k_error_limit));
}

/// The CAs of this store may be those of the receiver.
std::vector<x509::Certificate> own_anchors(const store::Layout& layout) {
    std::vector<x509::Certificate> anchors;
    for (const auto& name : ca::authority_names(layout))
        for (auto& anchor : ca::read_authority_files(layout, name).anchors()) anchors.push_back(std::move(anchor));
    return anchors;
}

}  // namespace

std::string notify_signature(const base::Path& key_file, std::string_view body) {
    const base::Secret text(base::read_file(key_file, k_key_limit));
    std::string_view key = text.reveal();
    if (key.ends_with('\n')) key.remove_suffix(1);
    if (key.ends_with('\r')) key.remove_suffix(1);
    if (key.empty())
        throw base::Error{base::Kind::bad_input, key_file.string() + " holds no key", "openssl rand -hex 32 makes one"};
    return "sha256=" + base::hex_encode(crypto::hmac_sha256(base::bytes_of(key), base::bytes_of(body)));
}

NotifyDelivery::NotifyDelivery(store::Store& store, MakeTransport make_transport)
    : store_(store), make_transport_(std::move(make_transport)) {}

std::string NotifyDelivery::post(const NotifySettings& settings, const store::Notification& event) {
    net::OutboundRequest request;
    request.method = "POST";
    request.url = settings.url;
    request.body = event.body;
    request.timeout = k_deadline;
    request.body_limit = k_answer_limit;
    request.headers = {
        {"Content-Type", "application/json"}, {"X-Signet-Event", event.kind}, {"X-Signet-Event-Id", event.event_id}};
    if (!settings.hmac_key_file.empty())
        request.headers.push_back({"X-Signet-Signature", notify_signature(settings.hmac_key_file, event.body)});
    if (!transport_) {
        net::TransportSettings wanted;
        wanted.trust.anchors = own_anchors(store_.layout());
        wanted.allow_http = true;
        wanted.user_agent = "signet";
        transport_ = make_transport_(std::move(wanted));
    }
    const auto answer = transport_->send(request);
    if (answer.status >= 200 && answer.status < 300) return "";
    return "the receiver answered " + std::to_string(answer.status);
}

std::string NotifyDelivery::deliver(const NotifySettings& settings, const store::Notification& event) {
    try {
        return settings.command.empty() ? post(settings, event) : run_command(settings, event);
    } catch (const base::Error& error) {
        transport_.reset();  // the next one reads the anchors again
        return base::printable(error.message(), k_error_limit);
    }
}

}  // namespace signet::server
