#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace signet::base {

/// Only ever goes up. Thread-safe, one relaxed addition.
class Counter {
public:
    void add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// How often which size was met: whole numbers (microseconds, rows) in buckets with fixed upper bounds. Thread-safe,
/// two relaxed additions, no lock.
class Histogram {
public:
    static constexpr std::size_t k_most_bounds = 15;
    /// `bounds` rise, are at most k_most_bounds, and live as long as the program.
    explicit Histogram(std::span<const std::uint64_t> bounds) : bounds_(bounds) {}
    void observe(std::uint64_t value);

    std::span<const std::uint64_t> bounds() const { return bounds_; }
    /// How many were at most bounds()[bucket] and above the bound before; the last bucket has no bound.
    std::uint64_t count(std::size_t bucket) const { return counts_.at(bucket).value(); }
    std::uint64_t sum() const { return sum_.value(); }

private:
    std::span<const std::uint64_t> bounds_;
    std::array<Counter, k_most_bounds + 1> counts_;
    Counter sum_;
};

/// Counters by a small set of words (profiles, challenge types). Finding one that is there takes no lock; words are
/// never removed, so they must not come from outside.
class CounterFamily {
public:
    CounterFamily() = default;
    CounterFamily(const CounterFamily&) = delete;
    ~CounterFamily();
    Counter& at(std::string_view first, std::string_view second = {});

    struct Row {
        Row(std::string_view one, std::string_view two, Row* after) : first(one), second(two), next(after) {}
        const std::string first, second;
        Counter counter;
        Row* const next;
    };
    std::vector<const Row*> rows() const;  // in the order of their words

private:
    static Row* find(Row* row, std::string_view first, std::string_view second);
    std::atomic<Row*> head_ = nullptr;
    std::mutex adding_;
};

/// Writes the Prometheus text format, version 0.0.4. Every sample belongs to the family begun last; sample values come
/// in the order of the calls.
class MetricsText {
public:
    using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    enum class Type { counter, gauge, histogram };

    void family(std::string_view name, Type type, std::string_view help);
    void sample(Labels labels, std::uint64_t value);
    void sample(Labels labels, double value);
    /// A histogram's series; its bounds and sum are divided by `unit` (1,000,000 makes seconds of microseconds).
    void histogram(Labels labels, const Histogram& histogram, double unit);
    /// A family with a single sample.
    void gauge(std::string_view name, std::string_view help, double value);
    void counter(std::string_view name, std::string_view help, double value);

    const std::string& text() const { return text_; }

private:
    void line(std::string_view suffix, Labels labels, std::string_view bound, std::string_view value);
    std::string text_, name_;
};

}  // namespace signet::base
