#include "cli/noted_settings.h"

#include "store/noted_settings.h"

namespace signet::cli {

namespace {

constexpr std::size_t k_settings_file_limit = 1 << 20;

}  // namespace

void note_settings(const Context& context, store::Store& store, const std::string& actor) {
    const auto file = context.settings_file();
    const auto text = base::read_file_if_there(file, k_settings_file_limit).value_or("");
    store::note_settings(store, file, text, actor, context.seams.clock.now());
}

}  // namespace signet::cli
