internal import Courier
internal import Glibc
internal import News

/// Carries between abld, on local sockets, and the network. It decides nothing.
func options() -> Options {
  do throws(Options.Misuse) { return try Options(Array(CommandLine.arguments.dropFirst())) } catch {
    Log.say("\(error.message); 'abl-courier --help' tells the options")
    exit(64)
  }
}

signal(SIGPIPE, SIG_IGN)
let words = options()
Errands.run(words)
let hasFleet = unsafe access(words.fleet, F_OK) == 0 && !words.isForRoot
Heralds.begin(words, isAlone: !hasFleet)
do throws(FleetConfigurationError) {
  let fleet = try Settings.fleet(words.fleet)
  let brokers = try Settings.brokers(of: fleet)
  let lapi = fleet.crowdSec.flatMap { Lapi.source($0, state: words.state) }
  Carrier(brokers, lapi, socket: words.socket).run()
} catch {
  for message in error.messages { Log.say(message) }
  exit(1)
}
