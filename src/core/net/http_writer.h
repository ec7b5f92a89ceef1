#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http.h"

namespace signet::net {

/// "Not Found"; "" for a code that is not registered.
std::string_view reason_phrase(int status);

struct WriteOptions {
    bool head = false;   // answer to HEAD: the length, but no body
    bool close = false;  // says "Connection: close"
};

/// Status line, header section and body as one string, so that they leave in one write, but for a shared body of more
/// than 16 KiB: `rest` is what is to be written behind the string then, nullptr otherwise. Framing fields are ours:
/// Content-Length, Connection, Transfer-Encoding and Date of the response itself are left out.
struct Serialized {
    std::string bytes;
    std::shared_ptr<const base::Bytes> rest;
};
Serialized serialize(const Response& response, const WriteOptions& options, std::int64_t now_unix);

}  // namespace signet::net
