import CBaseline
import CCrypto
import FastVerify
import Foundation

/// Where and with what a measurement was made.
struct Machine: Codable {
    let cpu: String
    let cpus: Int
    let features: [String]
    let allowedFeatures: [String]
    let governor: String?
    let os: String
    let kernel: String
    let architecture: String
    let swiftCompiler: String
    let cCompiler: String
    let build: String
    let openssl: String
    let sodium: String
    let gitCommit: String?
    let gitDirty: Bool?
    let clockSource: String?
    let date: String
    /// The CPU the measuring thread was bound to; `nil` where that failed.
    let pinnedTo: Int?
    let loadBefore: [Double]
    var loadAfter: [Double] = []
    /// From before to after the measurement.
    var seconds: Double?
    /// Ticks a second of the time-stamp counter, over the measurement; `nil` where there is none.
    var timestampHertz: Double?
    /// Seconds that the hypervisor took from all CPUs during the measurement; `nil` where the system does not say.
    var stealSeconds: Double?

    /// CPU seconds that other programs used during the measurement; `nil` where the system does not say.
    var othersSeconds: Double?

    private var stealBefore: Double?
    private var othersBefore: Double?
    private var start = (seconds: 0.0, ticks: UInt64(0))

    private enum CodingKeys: String, CodingKey {
        case cpu, cpus, features, allowedFeatures, governor, os, kernel, architecture, swiftCompiler, cCompiler, build
        case openssl, sodium, gitCommit, gitDirty, clockSource, date, pinnedTo, loadBefore, loadAfter, stealSeconds
        case seconds, timestampHertz, othersSeconds
    }

    /// Binds the calling thread to a CPU, unless several are wanted, and describes what it runs on.
    init(pinned isPinned: Bool = true) {
        let pinned = isPinned ? Int(baseline_pin_thread()) : -1
        pinnedTo = pinned < 0 ? nil : pinned
        cpu = Self.field("model name", of: "/proc/cpuinfo") ?? "unknown"
        cpus = ProcessInfo.processInfo.activeProcessorCount
        features = Processor.detected
        allowedFeatures = Processor.allowed
        governor = Self.line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
        os = ProcessInfo.processInfo.operatingSystemVersionString
        (kernel, architecture) = Self.system
        swiftCompiler = Self.swift
        cCompiler = String(cString: baseline_compiler())
        #if DEBUG
            build = "debug"
        #else
            build = "release"
        #endif
        openssl = String(cString: fv_openssl_version())
        sodium = String(cString: fv_sodium_version())
        gitCommit = Self.git("rev-parse", "HEAD")
        gitDirty = Self.git("status", "--porcelain").map { !$0.isEmpty }
        clockSource = Self.line("/sys/devices/system/clocksource/clocksource0/current_clocksource")
        date = ISO8601DateFormatter().string(from: Date())
        loadBefore = Self.load
        stealBefore = Self.steal
        othersBefore = Self.others
        start = (Clock.wall.now, baseline_ticks())
    }

    /// Takes the readings that belong after the measurement.
    mutating func finish() {
        loadAfter = Self.load
        othersSeconds = othersBefore.flatMap { before in Self.others.map { max(0, $0 - before) } }
        let passed = Clock.wall.now - start.seconds
        seconds = passed
        let ticks = baseline_ticks()
        timestampHertz = ticks > start.ticks && passed > 0 ? Double(ticks - start.ticks) / passed : nil
        stealSeconds = stealBefore.flatMap { before in Self.steal.map { $0 - before } }
    }

    private static var load: [Double] {
        (line("/proc/loadavg") ?? "").split(separator: " ").prefix(3).compactMap { Double($0) }
    }

    /// The numbers of the first line of /proc/stat, in seconds: user, nice, system, idle, waiting, two kinds of interrupts, steal.
    private static var times: [Double]? {
        let words = (line("/proc/stat") ?? "").split(separator: " ")
        guard words.first == "cpu", words.count > 8 else { return nil }
        return words.dropFirst().map { (Double($0) ?? 0) / Double(sysconf(Int32(_SC_CLK_TCK))) }
    }

    private static var steal: Double? { times?[7] }

    /// CPU seconds of all programs but this one and those that it has started and seen end.
    private static var others: Double? {
        guard let times else { return nil }
        // RUSAGE_SELF and RUSAGE_CHILDREN, whose types differ between C libraries.
        let own = [Int32(0), -1].reduce(0.0) { sum, who in
            var usage = rusage()
            getrusage(who, &usage)
            return [usage.ru_utime, usage.ru_stime].reduce(sum) { $0 + Double($1.tv_sec) + Double($1.tv_usec) * 1e-6 }
        }
        return times[0] + times[1] + times[2] + times[5] + times[6] - own
    }

    private static var system: (kernel: String, architecture: String) {
        var name = utsname()
        guard uname(&name) == 0 else { return ("unknown", "unknown") }
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        return (text(name.sysname) + " " + text(name.release), text(name.machine))
    }

    /// The language does not tell its exact version; this is the newest minor version it admits to.
    private static var swift: String {
        #if compiler(>=6.5)
            "Swift 6.5 or newer"
        #elseif compiler(>=6.4)
            "Swift 6.4"
        #elseif compiler(>=6.3)
            "Swift 6.3"
        #else
            "Swift 6.2"
        #endif
    }

    private static func line(_ path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        return text.split(separator: "\n").first.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    private static func field(_ name: String, of path: String) -> String? {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// What git prints, in the working directory; `nil` where there is no git or no repository.
    private static func git(_ arguments: String...) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
