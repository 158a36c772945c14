/**
 * Opens a camera and tells in one word why it could not be opened: the page has a sentence for each word.
 * denied · missing · busy · insecure · unsupported
 */

export class CameraError extends Error {
  /** @param {string} reason */
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

const REASONS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * Ask for a camera; the browser asks the person. Without a choice, the one that looks at the person.
 * @param {string} deviceId "" for any
 * @param {"user" | "environment"} facing which one of a phone, where there is no choice
 * @returns {Promise<MediaStream>}
 */
export async function openCamera(deviceId = "", facing = "user") {
  if (!window.isSecureContext) {
    throw new CameraError("insecure");
  }
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new CameraError("unsupported");
  }
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: facing };
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { ...which, width: { ideal: 640 }, height: { ideal: 480 } },
    });
  } catch (error) {
    throw new CameraError(REASONS[error.name] ?? "busy");
  }
}

/** Return the cameras; their names are known only after one has been opened. */
export async function listCameras() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.filter((device) => device.kind === "videoinput");
}

/** Switch the camera off; its light goes out. */
export function closeCamera(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}
