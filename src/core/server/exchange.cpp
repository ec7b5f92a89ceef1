#include "server/exchange.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "base/error.h"

namespace signet::server {
namespace {

std::string random_text(base::Random& random, std::size_t octets) {
    base::Bytes bytes(octets);
    random.fill(bytes);
    return base::base64url_encode(bytes);
}

}  // namespace

// The second comes first, in digits that sort as numbers do: rows made together lie together at the end of each index,
// which keeps a commit to few pages and the pages full. Hex also keeps "-" away from the front: an operator types ids
// behind a command, where it would read as an option.
std::string Services::new_id() const {
    base::Bytes seconds(4);
    auto rest = static_cast<std::uint64_t>(base::to_unix(clock.now()));
    for (std::size_t i = seconds.size(); i-- > 0; rest >>= 8) seconds[i] = static_cast<std::uint8_t>(rest);
    return base::hex_encode(seconds) + random_text(random, 12);
}

std::string Services::new_token() const { return random_text(random, 32); }

base::Json Exchange::payload_json() const {
    auto json = base::parse_json(payload, "payload");
    if (!json.is_object()) throw base::Error{base::Kind::malformed, "the payload is not a JSON object"};
    return json;
}

std::string Exchange::own_url() const {
    return request.query.empty() ? url(request.path) : url(request.path) + "?" + request.query;
}

void Exchange::require_post_as_get() const {
    if (!post_as_get()) {
        throw base::Error{base::Kind::malformed, "this resource is read by POST-as-GET: the payload must be empty"};
    }
}

net::Response json_response(int status, const base::Json& json) {
    net::Response response;
    response.status = status;
    response.set("Content-Type", "application/json");
    response.body = base::dump_json(json);
    return response;
}

}  // namespace signet::server
