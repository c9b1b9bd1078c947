import Glibc
import HTTP1
import Reactor
package import Time

/// What the target says to a request.
extension DemoTarget {
    func answer(_ request: HTTPRequest, on connection: DemoConnection, _ now: Instant) {
        connection.answer = DemoAnswer(
            closes: !request.keepsAlive, isHead: request.method == "HEAD",
            isOld: request.minorVersion == 0)
        connection.isCounted = false
        switch request.path {
        case "/counts": counts(request, on: connection)
        case "/behaviour": behaviour(request, on: connection, now)
        default:
            connection.isCounted = true
            load(request, on: connection, now)
        }
    }

    func load(_ request: HTTPRequest, on connection: DemoConnection, _ now: Instant) {
        let draw = behaviour.draw(counts.requests)
        counts.requests += 1
        var wishes = DemoWishes()
        if let query = request.query {
            do throws(DemoQueryError) {
                wishes = try DemoWishes(query: query)
            } catch {
                return page("\(error)\n", status: 400, on: connection)
            }
        }
        connection.answer.status = wishes.status ?? (draw.fails ? 500 : 200)
        connection.answer.size = wishes.size ?? behaviour.size
        connection.answer.isChunked = wishes.isChunked && !connection.answer.isOld
        if wishes.closes { connection.answer.closes = true }
        let delay = max(wishes.delay ?? draw.delay, stalledUntil - now)
        guard delay > .zero else { return sendAnswer(connection) }
        connection.state = .delayed
        delays.insert(due: now + delay, connection: connection.key)
        setAlarm()
    }

    func sendAnswer(_ connection: DemoConnection) {
        let answer = connection.answer
        if let bytes = rendered[answer] { return connection.send(bytes, status: answer.status) }
        let bytes = answer.rendered()
        // Few kinds of small answers repeat for ever; the rest is rendered each time.
        if answer.size <= 16_384 {
            if rendered.count >= 64 { rendered = [:] }
            rendered[answer] = bytes
        }
        connection.send(bytes, status: answer.status)
    }

    func page(
        _ text: String, type: String = "text/plain", status: Int, on connection: DemoConnection
    ) {
        let bytes = DemoAnswer.page(text, type: type, status: status, like: connection.answer)
        connection.send(bytes, status: status)
    }

    func counts(_ request: HTTPRequest, on connection: DemoConnection) {
        guard ["GET", "HEAD"].contains(request.method) else {
            return page("read them with GET\n", status: 405, on: connection)
        }
        page(counts.json + "\n", type: "application/json", status: 200, on: connection)
    }

    /// As a query of `/behaviour` says: `median=20ms&stall=2s`.
    package func change(_ query: Substring, at now: Instant) throws {
        guard let stall = try behaviour.apply(query: query), stall > .zero else { return }
        stalledUntil = max(stalledUntil, now + stall)
        onStall(stall)
    }

    func behaviour(
        _ request: HTTPRequest, on connection: DemoConnection, _ now: Instant
    ) {
        switch request.method {
        case "GET", "HEAD": break
        case "POST":
            do {
                try change(request.query ?? "", at: now)
            } catch {
                return page("\(error)\n", status: 400, on: connection)
            }
        default: return page("show it with GET, change it with POST\n", status: 405, on: connection)
        }
        page(behaviour.query + "\n", status: 200, on: connection)
    }
}
