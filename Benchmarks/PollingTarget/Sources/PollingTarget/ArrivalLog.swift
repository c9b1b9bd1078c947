import Glibc

/// Arrival times in memory, touched beforehand so that no page fault delays a stamp.
struct ArrivalLog {
    private var times: [Int64]
    private var connections: [Int32]
    private var count = 0

    init(room: Int) {
        times = Array(repeating: 0, count: room)
        connections = Array(repeating: 0, count: room)
    }

    var isFull: Bool { count == times.count }

    /// Notes that `requests` of them have just been read from one connection.
    mutating func note(_ connection: Int32, _ requests: Int) {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let time = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        for _ in 0..<requests where count < times.count {
            times[count] = time
            connections[count] = connection
            count += 1
        }
    }

    /// - Returns: false when the file cannot be written.
    func write(to path: String) -> Bool {
        guard let file = unsafe fopen(path, "w") else { return false }
        for index in 0..<count {
            unsafe fputs("\(times[index]) \(connections[index])\n", file)
        }
        return unsafe fclose(file) == 0
    }
}
