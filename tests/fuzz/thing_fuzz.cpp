// Any file that `show` explains: told by its content, and explained whole.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz/fuzz.h"
#include "inspect/explain.h"

namespace signet::fuzz {

void one_input(base::ByteView input) {
    const base::Secret contents{std::string(base::text_of(input))};
    const base::Secret password(std::string("secret"));
    const auto things = accepted([&] { return inspect::read_things(contents, "input", &password); });
    if (!things) return;
    require(!things->empty(), "a file that is read holds something");
    const base::Time now = base::from_unix(1'800'000'000);
    for (const auto& thing : *things) {
        require(!inspect::explain(thing, now).empty(), "everything has something to say");
        const auto json = inspect::explain_json(thing, now);
        require(json.at("type") == inspect::type_of(thing), "the type is the first thing said");
        require(!base::dump_json(json).empty(), "whatever it says is JSON");
        const auto pem = inspect::public_pem(thing);
        if (pem.empty()) continue;
        const auto again = inspect::read_things(base::Secret(std::string(pem)), "what was encoded", nullptr);
        require(again.size() == 1 && again.front().index() == thing.index(), "the PEM is the same thing");
    }
}

}  // namespace signet::fuzz
