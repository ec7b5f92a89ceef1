#include "base/metrics.h"

#include <algorithm>
#include <charconv>

namespace signet::base {
namespace {

std::string number(double value) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    return {text.data(), end};
}

std::string escaped(std::string_view value) {
    std::string out;
    for (const char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out;
}

std::string_view type_word(MetricsText::Type type) {
    switch (type) {
        case MetricsText::Type::counter:
            return "counter";
        case MetricsText::Type::gauge:
            return "gauge";
        case MetricsText::Type::histogram:
            return "histogram";
    }
    return "untyped";
}

}  // namespace

void Histogram::observe(std::uint64_t value) {
    const auto bound = std::ranges::lower_bound(bounds_, value);
    counts_[static_cast<std::size_t>(bound - bounds_.begin())].add();
    sum_.add(value);
}

CounterFamily::~CounterFamily() {
    for (auto* row = head_.load(); row != nullptr;) {
        const auto* gone = row;
        row = row->next;
        delete gone;
    }
}

CounterFamily::Row* CounterFamily::find(Row* row, std::string_view first, std::string_view second) {
    while (row != nullptr && (row->first != first || row->second != second)) row = row->next;
    return row;
}

Counter& CounterFamily::at(std::string_view first, std::string_view second) {
    if (auto* row = find(head_.load(std::memory_order_acquire), first, second)) return row->counter;
    const std::lock_guard lock(adding_);
    auto* const head = head_.load(std::memory_order_relaxed);
    if (auto* row = find(head, first, second)) return row->counter;  // another thread was faster
    auto* const row = new Row(first, second, head);
    head_.store(row, std::memory_order_release);
    return row->counter;
}

std::vector<const CounterFamily::Row*> CounterFamily::rows() const {
    std::vector<const Row*> rows;
    for (const auto* row = head_.load(std::memory_order_acquire); row != nullptr; row = row->next) rows.push_back(row);
    std::ranges::sort(rows, [](const Row* a, const Row* b) {
        return std::pair(a->first, a->second) < std::pair(b->first, b->second);
    });
    return rows;
}

void MetricsText::family(std::string_view name, Type type, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + ' ' + std::string(help) + "\n# TYPE " + name_ + ' ';
    text_ += type_word(type);
    text_ += '\n';
}

void MetricsText::sample(Labels labels, std::uint64_t value) { line({}, labels, {}, std::to_string(value)); }
void MetricsText::sample(Labels labels, double value) { line({}, labels, {}, number(value)); }

void MetricsText::histogram(Labels labels, const Histogram& histogram, double unit) {
    std::uint64_t total = 0;  // of what is written here, so that the series agree though others count on
    for (std::size_t i = 0; i < histogram.bounds().size(); ++i) {
        total += histogram.count(i);
        line("_bucket", labels, number(static_cast<double>(histogram.bounds()[i]) / unit), std::to_string(total));
    }
    total += histogram.count(histogram.bounds().size());
    line("_bucket", labels, "+Inf", std::to_string(total));
    line("_sum", labels, {}, number(static_cast<double>(histogram.sum()) / unit));
    line("_count", labels, {}, std::to_string(total));
}

void MetricsText::gauge(std::string_view name, std::string_view help, double value) {
    family(name, Type::gauge, help);
    sample({}, value);
}

void MetricsText::counter(std::string_view name, std::string_view help, double value) {
    family(name, Type::counter, help);
    sample({}, value);
}

void MetricsText::line(std::string_view suffix, Labels labels, std::string_view bound, std::string_view value) {
    text_ += name_;
    text_ += suffix;
    char before = '{';
    const auto label = [&](std::string_view name, std::string_view text) {
        text_ += before;
        text_ += std::string(name) + "=\"" + escaped(text) + '"';
        before = ',';
    };
    for (const auto& [name, text] : labels) label(name, text);
    if (!bound.empty()) label("le", bound);
    if (before == ',') text_ += '}';
    text_ += ' ';
    text_ += value;
    text_ += '\n';
}

}  // namespace signet::base
