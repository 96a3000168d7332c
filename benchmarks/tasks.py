from cloudpilot import jobs


@jobs.task()
def nothing():
    pass
