import Foundation
import JSON
import Properties
import Testing

@Suite struct JSONWriterTests {
    private func written(indent: Int? = nil, _ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter(indent: indent)
        body(&writer)
        return writer.text
    }

    @Test func `one line holds every kind of value`() {
        let text = written {
            $0.object {
                $0.field("name", "a\"b")
                $0.field("count", UInt64.max)
                $0.field("small", -7)
                $0.field("ratio", 0.25)
                $0.field("whole", 3.0)
                $0.field("on", true)
                $0.field("missing", String?.none)
                $0.array("list") {
                    $0.value(1)
                    $0.null()
                    $0.object { _ in }
                    $0.array { _ in }
                }
                $0.object("inner") { $0.field("x", 1e-7) }
            }
        }
        #expect(
            text == #"{"name":"a\"b","count":18446744073709551615,"small":-7,"ratio":0.25,"#
                + #""whole":3,"on":true,"missing":null,"list":[1,null,{},[]],"inner":{"x":1e-07}}"#)
    }

    @Test func `indented text is for a person's eyes`() {
        let text = written(indent: 2) {
            $0.object {
                $0.field("a", 1)
                $0.array("b") {
                    $0.value("x")
                    $0.value("y")
                }
                $0.object("c") { _ in }
            }
        }
        let expected = """
            {
              "a": 1,
              "b": [
                "x",
                "y"
              ],
              "c": {}
            }
            """
        #expect(text == expected)
    }

    @Test func `what JSON has no number for is null`() {
        let text = written {
            $0.array {
                $0.value(Double.nan)
                $0.value(Double.infinity)
                $0.value(-Double.infinity)
            }
        }
        #expect(text == "[null,null,null]")
    }

    // MARK: Properties

    private indirect enum Tree {
        case string(String), integer(Int64), double(Double), flag(Bool), null
        case list([Tree])
        case members([(String, Tree)])
    }

    private func text(_ random: inout Seeded) -> String {
        let scalars = (0..<Int.random(in: 0...12, using: &random)).map { _ -> Unicode.Scalar in
            let range: ClosedRange<UInt32> =
                Bool.random(using: &random) ? 0...0x7F : 0x80...0xD7FF
            return Unicode.Scalar(UInt32.random(in: range, using: &random)) ?? "?"
        }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    private func tree(depth: Int, _ random: inout Seeded) -> Tree {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .string(text(&random))
        case 1: return .integer(Int64.random(in: .min ... .max, using: &random))
        case 2:
            let bits = UInt64.random(in: .min ... .max, using: &random)
            let number = Double(bitPattern: bits)
            return .double(number.isFinite ? number : 0.1)
        case 3: return .flag(Bool.random(using: &random))
        case 4: return .null
        case 5:
            return .list(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    tree(depth: depth - 1, &random)
                })
        default:
            return .members(
                (0..<Int.random(in: 0...4, using: &random)).map {
                    ("\($0)" + text(&random), tree(depth: depth - 1, &random))
                })
        }
    }

    private func write(_ tree: Tree, _ writer: inout JSONWriter) {
        switch tree {
        case .string(let text): writer.value(text)
        case .integer(let number): writer.value(number)
        case .double(let number): writer.value(number)
        case .flag(let flag): writer.value(flag)
        case .null: writer.null()
        case .list(let items): writer.array { for item in items { write(item, &$0) } }
        case .members(let members):
            writer.object {
                for (name, value) in members {
                    $0.key(name)
                    write(value, &$0)
                }
            }
        }
    }

    private func matches(_ tree: Tree, _ parsed: Any) -> Bool {
        switch tree {
        case .string(let text):
            // Scalar by scalar: equality of strings forgives different normal forms.
            return (parsed as? String).map { Array($0.unicodeScalars) }
                == Array(text.unicodeScalars)
        case .integer(let number): return (parsed as? NSNumber)?.int64Value == number
        // Its text, because Foundation goes through Decimal and rounds twice.
        case .double(let number):
            return (parsed as? NSNumber).flatMap { Double($0.stringValue) } == number
        case .flag(let flag): return (parsed as? Bool) == flag
        case .null: return parsed is NSNull
        case .list(let items):
            guard let list = parsed as? [Any], list.count == items.count else { return false }
            return zip(items, list).allSatisfy { matches($0, $1) }
        case .members(let members):
            guard let object = parsed as? [String: Any], object.count == members.count else {
                return false
            }
            return members.allSatisfy { name, value in
                object[name].map { matches(value, $0) } ?? false
            }
        }
    }

    @Test func `another parser reads back what was written`() throws {
        var random = Seeded()
        for round in 0..<400 {
            let tree = tree(depth: 4, &random)
            var writer = JSONWriter(indent: round % 2 == 0 ? nil : 2)
            write(tree, &writer)
            let parsed = try JSONSerialization.jsonObject(
                with: Data(writer.bytes), options: .fragmentsAllowed)
            #expect(matches(tree, parsed), "\(random): \(writer.text)")
        }
    }
}
