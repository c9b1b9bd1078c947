// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that building the product never builds it.
let package = Package(
    name: "PollingTarget",
    targets: [
        .executableTarget(
            name: "PollingTarget",
            swiftSettings: [.strictMemorySafety(), .treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
