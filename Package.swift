// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target is compiled alike: Swift 6 mode, memory unsafety spelled out, no warning let through.
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    // Checked in debug builds, which the tests run; in the hot path the checks cost a tenth of our time.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: [], swiftSettings: settings)
}

let package = Package(
    name: "ballast",
    products: [.executable(name: "ballast", targets: ["ballast"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    ],
    targets: [
        // C: the kernel's and the libraries' calls that Swift cannot see; no logic.
        .systemLibrary(name: "CLinux"),
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),

        // Rank 0: pure values; no clock, no I/O.
        module("Time"),
        module("Schedule", ["Time"]),
        module("Measure", ["Time"]),
        module("JSON"),
        module("HTTP1"),

        // Rank 1
        module("Config", ["Time", "Schedule", "CYAML"]),
        module("Exposition", ["Time", "Measure", "CZlib"]),
        module("Reactor", ["Time", "CLinux"]),
        module("System", ["Time", "CLinux"]),

        // Rank 2
        module("Transport", ["Time", "HTTP1", "Reactor", "CLinux", "CCurl", "COpenSSL"]),
        module("Server", ["Time", "HTTP1", "JSON", "Reactor", "Exposition"]),
        module("Demo", ["Time", "HTTP1", "Reactor"]),

        // Rank 3
        module(
            "Engine",
            ["Time", "Schedule", "Measure", "Config", "Reactor", "System", "Transport"]),

        // Rank 4
        .executableTarget(
            name: "ballast",
            dependencies: [
                "Time", "Schedule", "Measure", "JSON", "HTTP1", "Config", "Exposition", "Reactor",
                "System", "Transport", "Server", "Demo", "Engine",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),

        // `make bench`: what single operations cost.
        .executableTarget(
            name: "MicroCosts", dependencies: ["Exposition", "Measure", "Reactor", "Time"],
            path: "Benchmarks/MicroCosts", swiftSettings: settings),

        // Tests; `Properties` is their random numbers with a printed seed.
        .target(name: "Properties", path: "Tests/Properties", swiftSettings: settings),
        tests("TimeTests", ["Time"]),
        tests("ScheduleTests", ["Properties", "Schedule", "Time"]),
        tests("MeasureTests", ["Measure", "Properties", "Reactor", "Time"]),
        tests("ReactorTests", ["Properties", "Reactor", "Time"]),
        tests("DemoTests", ["Demo", "HTTP1", "Properties", "Reactor", "Time"]),
        .testTarget(
            name: "ConfigTests",
            dependencies: ["Config", "Measure", "Properties", "Schedule", "Time"],
            exclude: ["Fixtures"], swiftSettings: settings),
        tests("HTTP1Tests", ["HTTP1", "Properties"]),
        tests("JSONTests", ["JSON", "Properties"]),
        .testTarget(
            name: "ExpositionTests", dependencies: ["Exposition", "Measure", "Properties", "Time"],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "SystemTests", dependencies: ["System", "Time"], exclude: ["Fixtures"],
            swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: ["HTTP1", "Properties", "Reactor", "Server", "Time"],
            exclude: ["Fixtures"], swiftSettings: settings),
        .testTarget(
            name: "CommandTests",
            dependencies: [
                "ballast", "Config", "Engine", "Measure", "Reactor", "Schedule", "Server", "System",
                "TestSupport", "Time",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            exclude: ["Fixtures"], swiftSettings: settings),
        tests(
            "EngineTests",
            [
                "Config", "Demo", "Engine", "Measure", "Properties", "Reactor", "Schedule",
                "TestSupport", "Time", "Transport",
            ]),
        // Tests of the real binary; `TestSupport` runs processes, nginx among them.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests", dependencies: ["TestSupport", "ballast"],
            exclude: ["Fixtures"], swiftSettings: settings),
        tests("DocumentationTests", ["Config", "TestSupport", "ballast"]),
        .testTarget(
            name: "TransportTests",
            dependencies: ["HTTP1", "Properties", "Reactor", "TestSupport", "Time", "Transport"],
            exclude: ["Fixtures"], swiftSettings: settings),
        tests("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)
