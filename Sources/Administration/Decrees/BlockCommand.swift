internal import ArgumentParser
internal import BlockList
internal import Policy
internal import Upkeep

struct BlockCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "block",
    abstract: "Keep hosts, networks and users out, by hand.",
    discussion: """
      An address is a host, an address with /LENGTH a network; any other name is a user, or with --host \
      a host that is known by its name. It holds from now on, before anything is counted, in PAM and \
      where abld runs in the kernel's firewall. Of several decrees on an address that of the longest \
      prefix holds, and of two on one an allow before a block. Host and user are decided each by itself, \
      and a block of either refuses. What host_whitelist or user_whitelist has passes all the same.

      The address that you come from, and /0, which is every address, are refused without --force. \
      'ablctl list decrees' has them; 'ablctl unblock' ends them.

      With --everywhere, all machines that share keep them out, by an order that you sign with your ssh \
      key, as one of the operators that each machine knows; it needs --for. A machine that is away \
      carries it out when it returns.

      With --json, each line is an object: decree, kind ("host", "network", "user"), name, made, until \
      (null: for ever), by, reason, hits and lastHit.

      'ban' is another name of this command.
      """,
    aliases: ["ban"])

  @OptionGroup var decreeing: Decreeing

  @Flag(help: "Block also the address that you come from, or every address.")
  var force = false

  func run() throws { try decreeing.decree(.block, isForced: force) }
}
