// A line of `verify --batch`: whatever it says, the answer is one line of JSON with three members.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "inspect/batch.h"

namespace signet::fuzz {

void one_input(base::ByteView input) {
    static inspect::BatchVerifier verifier(base::from_unix(1'800'000'000));
    const std::string answer = verifier.verdict(base::text_of(input));
    require(answer.find('\n') == std::string::npos, "an answer is one line");
    const auto json = base::parse_json(answer, "answer", {.depth = 16, .size = 64 << 20, .members = 1000});
    require(json.size() == 3 && json.contains("id"), "an answer has three members");
    require(json.at("valid").is_boolean(), "an answer is a verdict");
    require(json.at("valid").get<bool>() == json.at("reason").get<std::string>().empty(), "a refusal has its reason");
}

}  // namespace signet::fuzz
