/// What version this is.
public enum Release {
  public static let text = "0.10.0"
}
