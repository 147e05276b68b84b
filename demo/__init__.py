"""The main job, played from end to end by real clients against a cloud of its own: `make demo`.

`make seed` fills a stack that runs already, here or on AWS, with people and things to look at: `seed`.

`journey` is the play, a list of acts; `stage` starts and stops the cloud; `clients` are the clients we did not write.
"""
