#include "net/http.h"

#include "base/error.h"
#include "base/text.h"
#include "net/http_fields.h"

namespace signet::net {

const std::string* find_header(const Headers& headers, std::string_view name) {
    for (const auto& [key, value] : headers) {
        if (base::iequals(key, name)) return &value;
    }
    return nullptr;
}

Response Response::text(int status, std::string body) {
    Response response;
    response.status = status;
    response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

static void require_field(std::string_view name, std::string_view value) {
    if (is_token(name) && is_field_value(value)) return;
    throw base::Error{base::Kind::internal, "header field " + base::printable(name) + " would break the framing"};
}

void Response::set(std::string name, std::string value) {
    require_field(name, value);
    std::erase_if(headers, [&](const auto& field) { return base::iequals(field.first, name); });
    headers.emplace_back(std::move(name), std::move(value));
}

void Response::add(std::string name, std::string value) {
    require_field(name, value);
    headers.emplace_back(std::move(name), std::move(value));
}

}  // namespace signet::net
