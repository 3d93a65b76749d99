"""watchglass: video surveillance that sees what happens and never who."""

import os

__version__ = "0.1.0"

# onnxruntime's wheels for Linux report to their maker over the network and keep an id of this machine, unless this is set
# before they are loaded; asking it to stop afterwards is too late. Here, so that nothing of ours can come before it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
