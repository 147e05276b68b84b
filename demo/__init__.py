"""The main job, played from end to end by real clients against a cloud of its own: `make demo`.

`journey` is the play, a list of acts; `stage` starts and stops the cloud; `clients` are the clients we did not write.
"""
