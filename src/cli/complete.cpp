#include "cli/complete.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/assign.h"
#include "cli/order_view.h"
#include "cli/settings.h"
#include "store/accounts.h"
#include "store/approvals.h"
#include "store/layout.h"
#include "store/orders.h"
#include "store/store.h"
#include "store/tokens.h"

namespace signet::cli {
namespace {

struct Candidate {
    std::string word;
    std::string text = {};
};
using Candidates = std::vector<Candidate>;

bool takes_value(const Option& option) { return !is_flag(option.target) && !option.label.empty(); }

// The words before the one to complete, read as far as they make sense.
struct Before {
    const Command* command = nullptr;
    const Group* group = nullptr;
    const Option* waiting = nullptr;  // the last word was its name
    std::size_t arguments = 0;
    std::optional<std::string> store, config;
};

const Option* find_option(const CommandTable& table, const Command* command, std::string_view word) {
    const auto named = [&](const Option& option) {
        return word == "--" + option.name || (option.letter && word == std::string{'-', option.letter});
    };
    for (const auto& option : table.global_options)
        if (named(option)) return &option;
    if (command)
        for (const auto& option : command->options)
            if (named(option)) return &option;
    return nullptr;
}

void take_value(Before& before, const std::string& name, const std::string& value) {
    if (name == "store") before.store = value;
    if (name == "config") before.config = value;
}

void take_word(Before& before, const CommandTable& table, const std::string& word) {
    if (before.command && !before.group) {
        ++before.arguments;
        return;
    }
    if (!before.group && (before.group = find_group(table, word)) != nullptr) {
        before.command = find_command(table, word);  // a group whose own name does something, too
        return;
    }
    before.command = find_command(table, before.group ? before.group->name + " " + word : word);
    if (before.command) before.group = nullptr;
}

Before read_before(const CommandTable& table, const std::vector<std::string>& words, const Environment& environment) {
    Before before{.store = environment("SIGNET_STORE"), .config = environment("SIGNET_CONFIG")};
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const auto& word = words[i];
        if (before.waiting) {
            take_value(before, before.waiting->name, word);
            before.waiting = nullptr;
        } else if (word.size() > 1 && word.front() == '-') {
            const auto equals = word.find('=');
            const Option* option = find_option(table, before.command, word.substr(0, equals));
            if (!option || !takes_value(*option)) continue;
            if (equals == std::string::npos)
                before.waiting = option;
            else
                take_value(before, option->name, word.substr(equals + 1));
        } else {
            take_word(before, table, word);
        }
    }
    return before;
}

store::Layout layout_of(const Before& before) {
    return store::Layout{before.store && !before.store->empty() ? base::Path(*before.store) : store::default_store()};
}

Candidates directory_names(const base::Path& directory) {
    Candidates names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
        if (entry.is_directory(ignored)) names.push_back({entry.path().filename().string()});
    std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) { return a.word < b.word; });
    return names;
}

Candidates profile_names(const Before& before) {
    const bool given = before.config && !before.config->empty();
    const auto file = given ? base::Path(*before.config) : layout_of(before).settings();
    Candidates names;
    try {
        for (const auto& [name, profile] : read_settings(file, false).profiles) names.push_back({name});
    } catch (const std::exception&) {
        // a shell that completes is no place to complain about signet.toml
    }
    return names;
}

// Those that wait for an operator.
Candidates order_ids(const Before& before) {
    constexpr int k_limit = 100;
    Candidates ids;
    try {
        const auto store = store::Store::open(layout_of(before).root());
        const auto now = base::to_unix(base::SystemClock{}.now());
        store->read([&](store::Transaction& transaction) {
            ids.clear();
            for (const auto& id : store::waiting_orders(transaction, now, k_limit)) {
                ids.push_back({id, base::join(order_names(*store::find_order(transaction, id)), ", ")});
            }
        });
    } catch (const std::exception&) {
        // no store, or not ours: nothing to offer
    }
    return ids;
}

// Those that can still be revoked.
Candidates token_kids(const Before& before) {
    Candidates kids;
    try {
        const auto store = store::Store::open(layout_of(before).root());
        store->read([&](store::Transaction& transaction) {
            for (const auto& token : store::list_tokens(transaction)) {
                if (!token.revoked_at) kids.push_back({token.kid, "profile " + token.profile});
            }
        });
    } catch (const std::exception&) {
        // no store, or not ours: nothing to offer
    }
    return kids;
}

Candidates account_ids(const Before& before) {
    Candidates ids;
    try {
        const auto store = store::Store::open(layout_of(before).root());
        store->read([&](store::Transaction& transaction) {
            for (const auto& account : store::list_accounts(transaction)) {
                ids.push_back({account.id, base::printable(base::join(account.contacts, ", "))});
            }
        });
    } catch (const std::exception&) {
        // no store, or not ours: nothing to offer
    }
    return ids;
}

Candidates values_for(Complete complete, const std::vector<std::string>& values, const Before& before) {
    if (!values.empty()) {
        Candidates words;
        for (const auto& value : values) words.push_back({value});
        return words;
    }
    switch (complete) {
        case Complete::nothing:
        case Complete::values:
            return {};
        case Complete::file:
            return {{":file"}};
        case Complete::directory:
            return {{":directory"}};
        case Complete::profile:
            return profile_names(before);
        case Complete::authority:
            return directory_names(layout_of(before).authorities());
        case Complete::order:
            return order_ids(before);
        case Complete::token:
            return token_kids(before);
        case Complete::account:
            return account_ids(before);
        case Complete::saved_certificate: {
            auto names = directory_names(layout_of(before).certificates());
            names.push_back({":directory"});
            return names;
        }
    }
    return {};
}

Candidates option_names(const CommandTable& table, const Command* command) {
    Candidates names;
    if (command)
        for (const auto& option : command->options) names.push_back({"--" + option.name, option.text});
    for (const auto& option : table.global_options) names.push_back({"--" + option.name, option.text});
    return names;
}

Candidates command_names(const CommandTable& table, const Group* group) {
    Candidates names;
    if (!group)
        for (const auto& each : table.groups) names.push_back({each.name, each.summary});
    for (const Command* command : commands_of(table, group ? group->name : ""))
        if (group || !find_group(table, command->name))
            names.push_back({std::string(word_of(command->name)), command->summary});
    return names;
}

Candidates argument_values(const CommandTable& table, const Before& before) {
    const Command& command = *before.command;
    if (command.name == "help") return command_names(table, nullptr);
    if (command.arguments.empty()) return {};
    const auto& argument = command.arguments[std::min(before.arguments, command.arguments.size() - 1)];
    if (before.arguments >= command.arguments.size() && !argument.many) return {};
    return values_for(argument.complete, argument.values, before);
}

Candidates candidates(const CommandTable& table, const Before& before, std::string& current, std::string& prefix) {
    const Option* option = before.waiting;
    if (!option && current.starts_with("--")) {
        const auto equals = current.find('=');
        if (equals == std::string::npos) return option_names(table, before.command);
        option = find_option(table, before.command, current.substr(0, equals));
        if (!option) return {};
        prefix = current.substr(0, equals + 1);
        current.erase(0, equals + 1);
    }
    if (!option)
        return before.command && !before.group ? argument_values(table, before) : command_names(table, before.group);
    if (const auto comma = current.rfind(','); option->comma_separated && comma != std::string::npos) {
        prefix += current.substr(0, comma + 1);
        current.erase(0, comma + 1);
    }
    return values_for(option->complete, option->values, before);
}

}  // namespace

std::string complete(const CommandTable& table, const std::vector<std::string>& words, const Environment& environment) {
    std::string current = words.empty() ? "" : words.back();
    std::string prefix;
    std::string result;
    for (const auto& [word, text] : candidates(table, read_before(table, words, environment), current, prefix)) {
        if (word.starts_with(':'))
            result += word + "\n";
        else if (word.starts_with(current))
            result += prefix + word + (text.empty() ? "" : "\t" + text) + "\n";
    }
    return result;
}

}  // namespace signet::cli
