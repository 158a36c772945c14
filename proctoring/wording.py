"""What candidates are told about the camera: short, calm, and always what to do next."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from proctoring.domain.liveness import Turn
from proctoring.faces.engine import Hint
from proctoring.faces.images import Fault

HINTS: dict[Hint, Promise] = {
    Hint.OK: _("画面清晰，请保持不动"),
    Hint.NO_FACE: _("未检测到人脸，请正对摄像头"),
    Hint.SEVERAL_FACES: _("画面中有多张人脸，请确保只有您一人"),
    Hint.TOO_FAR: _("距离过远，请靠近摄像头"),
    Hint.TOO_DARK: _("光线过暗，请面向光源或开灯"),
    Hint.BLURRED: _("画面模糊，请坐稳并擦拭镜头"),
}
PERSON = _("识别正常，请保持人脸在框内")
OTHER = _("与登记照片不符，请摘下遮挡物并正对摄像头")
PRESENT = _("已检测到人脸，请保持在框内")
COVERED = _("摄像头画面被遮挡或全黑，请移开遮挡物")
STILL = _("画面静止不动，请检查摄像头")
SETTLED = _("摄像头工作正常")
UNREADABLE = _("画面无法读取，正在重试")
VERIFIER_DOWN = _("识别服务暂时不可用，正在重试，不影响考试")
NOT_WATCHED = _("当前无需人脸识别")

PASSED = _("人脸识别通过。")
ADOPTED = _("已采集您的照片作为底照，考务人员将与您的证件比对。")
FLAGGED = _("未能通过人脸识别。您可以继续考试，考务人员将进行人工核验，核验之前成绩暂不计入有效成绩。")
HELD = _("已转人工核验，请在座位等候，考务人员将为您处理。等候不占用考试时间。")
TURNS: dict[Turn, Promise] = {
    Turn.LEFT: _("请慢慢向左转头，看向屏幕左侧"),
    Turn.RIGHT: _("请慢慢向右转头，看向屏幕右侧"),
    Turn.STRAIGHT: _("很好，请转回正对摄像头"),
}
GAVE_UP = _("暂未采集到足够清晰的画面，不计入识别次数。请按提示调整后继续。")
UNSTEADY = _("采集过程中画面变化较大，已重新开始，不计入识别次数。请保持不动。")

ELSEWHERE = _(
    "本场考试正在另一台设备上进行，此处不能继续。请先关闭那台设备上的考试页面再刷新本页，或点击“求助”联系考务人员。"
)
NO_DEVICE = _("浏览器没有保存本站的 Cookie，无法进行人脸识别。请允许 Cookie 后刷新本页。")

SIGNED_OUT = _("登录已失效，请重新登录。")
NOT_ALLOWED = _("当前不需要使用摄像头。")
SUPERSEDED = _("您已在另一个页面打开摄像头，本页面已停止采集。")
ENDED = _("考试已结束，摄像头已关闭。")
PHONE_TAKEN = _("已有另一部手机接替，本机已断开。")
PHONE_RELEASED = _("考生已断开本手机，画面不再上传。")
PHONE_UNKNOWN = _("本手机尚未连接或已断开。请在电脑上打开二维码，重新扫描。")
BAD_FRAME = _("画面格式不正确。")

PHOTO_FAULTS: dict[Fault, Promise] = {
    Fault.NOT_A_PICTURE: _("不是 JPG 或 PNG 图片。"),
    Fault.DAMAGED: _("图片已损坏，无法打开。"),
    Fault.TOO_MANY_BYTES: _("图片文件过大，不能超过 8 MB。"),
    Fault.TOO_LARGE: _("图片尺寸过大，请缩小后再导入。"),
    Fault.TOO_SMALL: _("图片尺寸过小，短边至少 80 像素。"),
}
PHOTO_HINTS: dict[Hint, Promise] = {
    Hint.NO_FACE: _("照片中未检测到人脸。"),
    Hint.SEVERAL_FACES: _("照片中有多张人脸。"),
}
PHOTO_UNCHECKED = _("暂时无法检查照片，请稍后重试。")
