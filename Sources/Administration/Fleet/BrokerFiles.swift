/// What a mosquitto needs to be a broker of the fleet.
enum BrokerFiles {
  /// For /etc/mosquitto/conf.d. Debian's own file says where the store and the log are.
  ///
  /// What stands behind `listener` belongs to it: in front of it, it would open port 1883 to all.
  static func configuration(port: UInt16, directory: String = "/etc/mosquitto/abl") -> String {
    """
    # Written by ablctl fleet. After a change: systemctl restart mosquitto, one broker after the other.
    # Never reload it: mosquitto 2.0 can crash on SIGHUP.
    per_listener_settings false
    allow_anonymous false
    acl_file \(directory)/abl.acl
    autosave_interval 60
    max_inflight_messages 100
    max_queued_messages 20000
    max_queued_bytes 33554432
    max_packet_size 66560
    memory_limit 1073741824
    set_tcp_nodelay true
    sys_interval 0
    listener \(port)
    max_qos 1
    max_connections 4000
    cafile \(directory)/ca.crt
    certfile \(directory)/machine.crt
    keyfile \(directory)/machine.key
    crlfile \(directory)/ca.crl
    tls_version tlsv1.3
    require_certificate true
    use_identity_as_username true
    use_username_as_clientid true

    """
  }

  /// All rights, for any number of machines: each writes under its own name only.
  static let rights =
    """
    # Written by ablctl fleet. %u is the common name of the certificate.
    pattern read abl/1/#
    pattern write abl/1/live/%u
    pattern write abl/1/head/%u
    pattern write abl/1/order/%u
    pattern write abl/1/count/%u

    """ + (0..<16).map { "pattern write abl/1/state/%u/\($0)\n" }.joined()

  /// For systemd: a thousand machines need more descriptors than a unit has by itself.
  static let limits = "# Written by ablctl fleet.\n[Service]\nLimitNOFILE=8192\n"
}
